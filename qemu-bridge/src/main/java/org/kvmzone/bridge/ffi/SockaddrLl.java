package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * {@code struct sockaddr_ll} of {@code <linux/if_packet.h>}: a link, and what is heard of it.
 *
 * {@snippet lang=c :
 * struct sockaddr_ll {
 *   unsigned short sll_family; __be16 sll_protocol; int sll_ifindex;
 *   unsigned short sll_hatype; unsigned char sll_pkttype; unsigned char sll_halen;
 *   unsigned char sll_addr[8];
 * };
 * }
 */
public final class SockaddrLl {
  /** Bytes. */
  public static final int SIZE = 20;

  public static final long sll_family$OFFSET = 0;
  public static final long sll_protocol$OFFSET = 2;
  public static final long sll_ifindex$OFFSET = 4;

  private static final ValueLayout.OfShort BE16 =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

  private SockaddrLl() {}

  /**
   * A link's address.
   *
   * @param protocol an EtherType, or 3 for all
   */
  public static MemorySegment of(SegmentAllocator allocator, int index, int protocol) {
    MemorySegment address = allocator.allocate(SIZE, 4);
    address.set(ValueLayout.JAVA_SHORT, sll_family$OFFSET, (short) SysSocket.AF_PACKET);
    address.set(BE16, sll_protocol$OFFSET, (short) protocol);
    address.set(ValueLayout.JAVA_INT, sll_ifindex$OFFSET, index);
    return address;
  }
}
