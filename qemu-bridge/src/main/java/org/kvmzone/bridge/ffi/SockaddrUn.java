package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * {@code struct sockaddr_un} of {@code <sys/un.h>}: a socket's address in the file system.
 *
 * {@snippet lang=c :
 * struct sockaddr_un { sa_family_t sun_family; char sun_path[108]; };
 * }
 */
public final class SockaddrUn {
  /** Bytes of the structure. */
  public static final int SIZE = 110;

  public static final long sun_path$OFFSET = 2;

  /** The longest path in bytes: one is left for the terminating zero. */
  public static final int PATH_MAX = 107;

  private SockaddrUn() {}

  /**
   * The address of {@code path}.
   *
   * @throws IllegalArgumentException if the path has more than {@link #PATH_MAX} bytes
   */
  public static MemorySegment of(String path, Arena arena) {
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > PATH_MAX) {
      throw new IllegalArgumentException(
          "socket path " + path + " has " + bytes.length + " bytes: 1 to " + PATH_MAX + " fit");
    }
    MemorySegment address = arena.allocate(SIZE, 2);
    address.set(ValueLayout.JAVA_SHORT, 0, (short) SysSocket.AF_UNIX);
    MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, sun_path$OFFSET, bytes.length);
    return address;
  }
}
