package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct sockaddr_nl} of {@code <linux/netlink.h>}: which multicast groups are heard.
 *
 * {@snippet lang=c :
 * struct sockaddr_nl {
 *   __kernel_sa_family_t nl_family; unsigned short nl_pad; __u32 nl_pid; __u32 nl_groups;
 * };
 * }
 */
public final class SockaddrNl {
  /** Bytes. */
  public static final int SIZE = 12;

  public static final long nl_family$OFFSET = 0;
  public static final long nl_groups$OFFSET = 8;

  private SockaddrNl() {}

  /** The address of a socket that hears these groups, a bit each. */
  public static MemorySegment of(SegmentAllocator allocator, int groups) {
    MemorySegment address = allocator.allocate(SIZE, 4);
    address.set(ValueLayout.JAVA_SHORT, nl_family$OFFSET, (short) SysSocket.AF_NETLINK);
    address.set(ValueLayout.JAVA_INT, nl_groups$OFFSET, groups);
    return address;
  }
}
