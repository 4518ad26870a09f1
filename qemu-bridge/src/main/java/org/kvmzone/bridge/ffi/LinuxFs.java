package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code <linux/fs.h>}: what a block device says of itself, and what it can do with a range. */
public final class LinuxFs {
  // BLKDISCARD and BLKZEROOUT take a uint64_t[2]: offset and length in bytes.
  public static final long BLKROGET = 0x125e;
  public static final long BLKSSZGET = 0x1268;
  public static final long BLKGETSIZE64 = 0x80081272L;
  public static final long BLKDISCARD = 0x1277;
  public static final long BLKIOMIN = 0x1278;
  public static final long BLKIOOPT = 0x1279;
  public static final long BLKPBSZGET = 0x127b;
  public static final long BLKZEROOUT = 0x127f;

  private LinuxFs() {}

  /**
   * The answer of a request whose argument is an {@code int *}: {@link #BLKROGET}, {@link
   * #BLKSSZGET}, {@link #BLKPBSZGET}, {@link #BLKIOMIN}, {@link #BLKIOOPT}.
   *
   * @return the number, or {@code -errno}
   */
  public static int number(int fd, long request) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(ValueLayout.JAVA_INT);
      int result = SysIoctl.ioctl(fd, request, answer.address());
      return result < 0 ? result : answer.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /** The size of a block device in bytes, or {@code -errno}. */
  public static long size(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(ValueLayout.JAVA_LONG);
      int result = SysIoctl.ioctl(fd, BLKGETSIZE64, answer.address());
      return result < 0 ? result : answer.get(ValueLayout.JAVA_LONG, 0);
    }
  }
}
