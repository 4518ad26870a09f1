package org.kvmzone.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Writes the headers that replies need. Each method writes at an offset and returns the offset
 * behind what it wrote; a segment that is too short is the caller's error and throws {@link
 * IndexOutOfBoundsException}.
 */
public final class Headers {
  public static final int ETHERNET_LENGTH = 14;
  public static final int ARP_LENGTH = 28;
  public static final int IPV4_LENGTH = 20;
  public static final int UDP_LENGTH = 8;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** The hops that RFC 1700 recommends. */
  private static final byte TIME_TO_LIVE = 64;

  private static final short DONT_FRAGMENT = 0x4000;

  private Headers() {}

  /** Writes an untagged Ethernet header. */
  public static int ethernet(MemorySegment to, int at, long destination, long source, int type) {
    mac(to, at, destination);
    mac(to, at + 6, source);
    to.set(SHORT, at + 12, (short) type);
    return at + ETHERNET_LENGTH;
  }

  /** Writes an ARP reply for IPv4 over Ethernet (RFC 826). */
  public static int arpReply(
      MemorySegment to, int at, long senderMac, int senderIp, long targetMac, int targetIp) {
    to.set(SHORT, at, (short) 1);
    to.set(SHORT, at + 2, (short) EtherType.IPV4);
    to.set(BYTE, at + 4, (byte) MacAddress.LENGTH);
    to.set(BYTE, at + 5, (byte) Integer.BYTES);
    to.set(SHORT, at + 6, (short) Frame.ARP_REPLY);
    mac(to, at + 8, senderMac);
    to.set(INT, at + 14, senderIp);
    mac(to, at + 18, targetMac);
    to.set(INT, at + 24, targetIp);
    return at + ARP_LENGTH;
  }

  /**
   * Writes an IPv4 header without options. It forbids fragmentation, so its identification may be
   * zero (RFC 6864 §4.1).
   *
   * @param payload how many octets follow the header
   */
  public static int ipv4(
      MemorySegment to, int at, int source, int destination, int protocol, int payload) {
    to.set(SHORT, at, (short) 0x4500);
    to.set(SHORT, at + 2, (short) (IPV4_LENGTH + payload));
    to.set(SHORT, at + 4, (short) 0);
    to.set(SHORT, at + 6, DONT_FRAGMENT);
    to.set(BYTE, at + 8, TIME_TO_LIVE);
    to.set(BYTE, at + 9, (byte) protocol);
    to.set(SHORT, at + 10, (short) 0);
    to.set(INT, at + 12, source);
    to.set(INT, at + 16, destination);
    to.set(SHORT, at + 10, (short) Checksum.of(to, at, IPV4_LENGTH));
    return at + IPV4_LENGTH;
  }

  /**
   * Writes a UDP header with its checksum (RFC 768). Its payload must be in place behind it.
   *
   * @param payload how many octets follow the header
   */
  public static int udp(
      MemorySegment to,
      int at,
      int source,
      int destination,
      int sourcePort,
      int destinationPort,
      int payload) {
    int length = UDP_LENGTH + payload;
    to.set(SHORT, at, (short) sourcePort);
    to.set(SHORT, at + 2, (short) destinationPort);
    to.set(SHORT, at + 4, (short) length);
    to.set(SHORT, at + 6, (short) 0);
    long pseudo = Checksum.pseudoHeader(source, destination, IpProtocol.UDP, length);
    int checksum = Checksum.fold(Checksum.add(pseudo, to, at, length));
    // Zero would say that there is none.
    to.set(SHORT, at + 6, (short) (checksum == 0 ? 0xffff : checksum));
    return at + UDP_LENGTH;
  }

  /** Turns the ICMP echo request that lies here into its reply (RFC 792). */
  public static int echoReply(MemorySegment to, int at, int length) {
    to.set(BYTE, at, (byte) Frame.ICMP_ECHO_REPLY);
    to.set(SHORT, at + 2, (short) 0);
    to.set(SHORT, at + 2, (short) Checksum.of(to, at, length));
    return at + length;
  }

  private static void mac(MemorySegment to, int at, long address) {
    to.set(SHORT, at, (short) (address >>> 32));
    to.set(INT, at + 2, (int) address);
  }
}
