package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct ifreq} of {@code <net/if.h>}: an interface's name, and one property of it.
 *
 * {@snippet lang=c :
 * struct ifreq { char ifr_name[IFNAMSIZ]; union { short ifr_flags; void *ifr_data; ... }; };
 * }
 */
public final class Ifreq {
  /** Bytes. */
  public static final long SIZE = 40;

  public static final long ifr_name$OFFSET = 0;
  public static final long ifr_flags$OFFSET = 16;
  public static final long ifr_data$OFFSET = 16;

  /** Room for a name and the zero behind it. */
  public static final int IFNAMSIZ = 16;

  private Ifreq() {}

  /**
   * A structure with a name and flags.
   *
   * @param name of fewer than {@value #IFNAMSIZ} characters, all ASCII
   */
  public static MemorySegment allocate(SegmentAllocator allocator, String name, int flags) {
    if (name.length() >= IFNAMSIZ) {
      throw new IllegalArgumentException("no interface has a name as long as " + name);
    }
    MemorySegment request = allocator.allocate(SIZE, 8);
    request.setString(ifr_name$OFFSET, name);
    request.set(ValueLayout.JAVA_SHORT, ifr_flags$OFFSET, (short) flags);
    return request;
  }

  /** The name. */
  public static String name(MemorySegment request) {
    return request.getString(ifr_name$OFFSET);
  }

  /** The flags, 16 bits. */
  public static int flags(MemorySegment request) {
    return request.get(ValueLayout.JAVA_SHORT, ifr_flags$OFFSET) & 0xffff;
  }
}
