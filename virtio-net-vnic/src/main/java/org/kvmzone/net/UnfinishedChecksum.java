package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kvmzone.packet.Checksum;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpProtocol;

/**
 * Finds TCP's and UDP's checksums that a sender on this host has left to a network card: the field
 * holds the sum of the pseudo header alone. AF_XDP hands such frames over without a word of it
 * (Linux 6.18: neither veth's driver nor the generic mode finishes them, or says so).
 *
 * <p>A frame that is complete looks like that once in 65536 times. To finish it does no harm: its
 * checksum is then what it was, since both are right.
 */
final class UnfinishedChecksum {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final int TCP_CHECKSUM = 16;
  private static final int UDP_CHECKSUM = 6;
  private static final int IPV4_ADDRESSES = 12;
  private static final int IPV6_ADDRESSES = 8;

  private int start;
  private int offset;

  /**
   * Whether a frame has one.
   *
   * @param frame parsed as far as it was copied
   * @param at where in the memory the copy begins
   */
  boolean isIn(Frame frame, MemorySegment memory, long at) {
    offset =
        switch (frame.ipProtocol()) {
          case IpProtocol.TCP -> TCP_CHECKSUM;
          case IpProtocol.UDP -> UDP_CHECKSUM;
          default -> -1;
        };
    start = frame.l4Offset();
    if (offset < 0 || start < 0 || frame.isFragment()) {
      return false;
    }
    int field = start + offset;
    if (field + Short.BYTES > Math.min(frame.captured(), frame.ipEnd())) {
      return false;
    }
    int length = frame.ipEnd() - start;
    int addresses = frame.l3Offset() + (frame.isIpv4() ? IPV4_ADDRESSES : IPV6_ADDRESSES);
    int both = frame.isIpv4() ? 2 * Integer.BYTES : 4 * Long.BYTES;
    long sum = Checksum.add(frame.ipProtocol() + (long) length, memory, at + addresses, both);
    return (memory.get(SHORT, at + field) & 0xffff) == (~Checksum.fold(sum) & 0xffff);
  }

  /** Adds the frame that was looked at last, which was staged: its checksum is to be finished. */
  void addTo(FrameBatch batch) {
    batch.addAsking(VirtioNet.GSO_NONE, 0, 0, start, offset);
  }
}
