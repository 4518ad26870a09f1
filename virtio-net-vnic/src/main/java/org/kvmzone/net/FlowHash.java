package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.IpProtocol;

/**
 * A number that all frames of one flow share, so that they stay on one queue and in their order:
 * made of the IP addresses and, where every part of the flow has them, the ports; else of the MAC
 * addresses.
 */
final class FlowHash {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final int IPV4_ENDS = 14 + 20;
  private static final int IPV6_ENDS = 14 + 40;
  private static final int PORTS = 4;

  private FlowHash() {}

  /** The number of a frame of a batch, 0 and up. */
  static int of(FrameBatch batch, int frame) {
    MemorySegment memory = batch.memory();
    long at = batch.frameAt(frame);
    int captured = batch.captured(frame);
    int type = memory.get(SHORT, at + 12) & 0xffff;
    if (type == EtherType.VLAN && captured >= IPV6_ENDS) { // the rest is where it was, but for it
      at += VlanTag.LENGTH;
      captured -= VlanTag.LENGTH;
      type = memory.get(SHORT, at + 12) & 0xffff;
    }
    if (type == EtherType.IPV4 && captured >= IPV4_ENDS + PORTS) {
      return mix(ipv4(memory, at));
    }
    if (type == EtherType.IPV6 && captured >= IPV6_ENDS + PORTS) {
      return mix(ipv6(memory, at));
    }
    return mix(batch.destination(frame) ^ batch.source(frame) << 16);
  }

  private static long ipv4(MemorySegment memory, long at) {
    long addresses = memory.get(LONG, at + 26);
    // Of a datagram in fragments only the first has ports; with options they lie elsewhere.
    boolean plain = memory.get(BYTE, at + 14) == 0x45 && (memory.get(SHORT, at + 20) & 0x3fff) == 0;
    return plain && hasPorts(memory.get(BYTE, at + 23))
        ? addresses ^ (long) memory.get(INT, at + IPV4_ENDS) << 16
        : addresses;
  }

  private static long ipv6(MemorySegment memory, long at) {
    long addresses =
        memory.get(LONG, at + 22)
            ^ memory.get(LONG, at + 30)
            ^ Long.rotateLeft(memory.get(LONG, at + 38) ^ memory.get(LONG, at + 46), 32);
    return hasPorts(memory.get(BYTE, at + 20))
        ? addresses ^ (long) memory.get(INT, at + IPV6_ENDS) << 16
        : addresses;
  }

  private static boolean hasPorts(byte protocol) {
    return protocol == IpProtocol.TCP || protocol == IpProtocol.UDP;
  }

  private static int mix(long value) {
    return (int) ((value * 0x9E37_79B9_7F4A_7C15L) >>> 33);
  }
}
