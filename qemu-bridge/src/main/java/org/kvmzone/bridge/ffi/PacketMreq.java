package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct packet_mreq} of {@code <linux/if_packet.h>}: what a link is to receive besides.
 *
 * {@snippet lang=c :
 * struct packet_mreq {
 *   int mr_ifindex; unsigned short mr_type; unsigned short mr_alen; unsigned char mr_address[8];
 * };
 * }
 */
public final class PacketMreq {
  /** Bytes. */
  public static final long SIZE = 16;

  public static final long mr_ifindex$OFFSET = 0;
  public static final long mr_type$OFFSET = 4;
  public static final long mr_alen$OFFSET = 6;
  public static final long mr_address$OFFSET = 8;

  private static final int MAC_LENGTH = 6;

  private PacketMreq() {}

  /**
   * A request of one of the types {@code PACKET_MR_…}.
   *
   * @param mac for PACKET_MR_UNICAST, 48 bits, the first byte highest
   */
  public static MemorySegment of(SegmentAllocator allocator, int index, int type, long mac) {
    MemorySegment request = allocator.allocate(SIZE, 4);
    request.set(ValueLayout.JAVA_INT, mr_ifindex$OFFSET, index);
    request.set(ValueLayout.JAVA_SHORT, mr_type$OFFSET, (short) type);
    request.set(ValueLayout.JAVA_SHORT, mr_alen$OFFSET, (short) MAC_LENGTH);
    for (int i = 0; i < MAC_LENGTH; i++) {
      byte octet = (byte) (mac >>> (8 * (MAC_LENGTH - 1 - i)));
      request.set(ValueLayout.JAVA_BYTE, mr_address$OFFSET + i, octet);
    }
    return request;
  }
}
