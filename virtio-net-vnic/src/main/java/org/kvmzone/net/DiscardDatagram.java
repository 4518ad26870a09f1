package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Headers;
import org.kvmzone.packet.IpProtocol;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;

/**
 * A frame for measuring: a UDP datagram of any length to the discard port (RFC 863), between two of
 * the addresses that are set aside for benchmarks (RFC 2544 §C.2.2), with the characters of RFC 864
 * in it.
 */
final class DiscardDatagram {
  static final Ipv4Address GUEST = Ipv4Address.parse("198.18.0.1");
  static final Ipv4Address STATION = Ipv4Address.parse("198.18.0.2");

  private static final int PORT = 9;
  private static final int CHARACTERS = 95;
  private static final int IP = Headers.ETHERNET_LENGTH;
  private static final int UDP = IP + Headers.IPV4_LENGTH;
  private static final int DATA = UDP + Headers.UDP_LENGTH;

  private DiscardDatagram() {}

  /**
   * Writes the frame.
   *
   * @param at where in {@code memory}
   * @param size bytes of the frame, without its check sequence
   * @param toGuest whether it is for {@link #GUEST}, else from it
   */
  static void write(
      MemorySegment memory,
      int at,
      int size,
      MacAddress destination,
      MacAddress source,
      boolean toGuest) {
    int from = (toGuest ? STATION : GUEST).value();
    int to = (toGuest ? GUEST : STATION).value();
    for (int i = 0; i < size - DATA; i++) {
      memory.set(ValueLayout.JAVA_BYTE, at + DATA + i, (byte) (' ' + i % CHARACTERS));
    }
    Headers.ethernet(memory, at, destination.value(), source.value(), EtherType.IPV4);
    Headers.ipv4(memory, at + IP, from, to, IpProtocol.UDP, size - UDP);
    Headers.udp(memory, at + UDP, from, to, PORT, PORT, size - DATA);
  }
}
