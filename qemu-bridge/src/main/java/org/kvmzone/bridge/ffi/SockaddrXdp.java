package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct sockaddr_xdp} of {@code <linux/if_xdp.h>}: a queue of a link.
 *
 * {@snippet lang=c :
 * struct sockaddr_xdp {
 *   __u16 sxdp_family; __u16 sxdp_flags; __u32 sxdp_ifindex; __u32 sxdp_queue_id;
 *   __u32 sxdp_shared_umem_fd;
 * };
 * }
 */
public final class SockaddrXdp {
  /** Bytes. */
  public static final int SIZE = 16;

  public static final long sxdp_family$OFFSET = 0;
  public static final long sxdp_flags$OFFSET = 2;
  public static final long sxdp_ifindex$OFFSET = 4;
  public static final long sxdp_queue_id$OFFSET = 8;

  private SockaddrXdp() {}

  /**
   * A queue's address.
   *
   * @param flags among {@code XDP_COPY}, {@code XDP_ZEROCOPY}, {@code XDP_USE_NEED_WAKEUP} and
   *     {@code XDP_USE_SG}
   */
  public static MemorySegment of(SegmentAllocator allocator, int index, int queue, int flags) {
    MemorySegment address = allocator.allocate(SIZE, 4);
    address.set(ValueLayout.JAVA_SHORT, sxdp_family$OFFSET, (short) SysSocket.AF_XDP);
    address.set(ValueLayout.JAVA_SHORT, sxdp_flags$OFFSET, (short) flags);
    address.set(ValueLayout.JAVA_INT, sxdp_ifindex$OFFSET, index);
    address.set(ValueLayout.JAVA_INT, sxdp_queue_id$OFFSET, queue);
    return address;
  }
}
