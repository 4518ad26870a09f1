package org.kvmzone.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.MemorySegment;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.Headers;
import org.kvmzone.packet.IpProtocol;

/** The frame in which a reply is put together, from the server's address to the guest. */
final class ReplyFrame {
  /** An Ethernet frame with 1500 octets of payload. */
  static final int MAX_LENGTH = 1514;

  /** The longest ICMP message that fits. */
  static final int MAX_ICMP_LENGTH = MAX_LENGTH - Headers.ETHERNET_LENGTH - Headers.IPV4_LENGTH;

  private static final int IP = Headers.ETHERNET_LENGTH;
  private static final int L4 = IP + Headers.IPV4_LENGTH;
  private static final int UDP_PAYLOAD = L4 + Headers.UDP_LENGTH;

  private final byte[] bytes = new byte[MAX_LENGTH];
  private final MemorySegment segment = MemorySegment.ofArray(bytes);
  private final DhcpWriter dhcp = new DhcpWriter(Unpooled.wrappedBuffer(bytes), UDP_PAYLOAD);
  private final int serverIp;
  private int length;

  ReplyFrame(int serverIp) {
    this.serverIp = serverIp;
  }

  /** Says who has the server's address. */
  void arp(long guestMac, int guestIp) {
    long server = DhcpServer.MAC.value();
    int at = Headers.ethernet(segment, 0, guestMac, server, EtherType.ARP);
    length = Headers.arpReply(segment, at, server, serverIp, guestMac, guestIp);
  }

  /** Answers an echo request that was captured whole, of up to {@link #MAX_ICMP_LENGTH}. */
  void echo(Frame request, int icmpLength) {
    request.copyTo(request.l4Offset(), icmpLength, bytes, L4);
    length = Headers.echoReply(segment, L4, icmpLength);
    ip(request.source(), request.ipv4Source(), IpProtocol.ICMP, icmpLength);
  }

  /** Where a DHCP message is written, before {@link #dhcp(long, int, int)} sends it off. */
  DhcpWriter dhcp() {
    return dhcp;
  }

  /** Puts the headers before a DHCP message that has been ended. */
  void dhcp(long mac, int address, int messageLength) {
    int payload = Headers.UDP_LENGTH + messageLength;
    Headers.udp(
        segment,
        L4,
        serverIp,
        address,
        Frame.DHCP_SERVER_PORT,
        Frame.DHCP_CLIENT_PORT,
        messageLength);
    ip(mac, address, IpProtocol.UDP, payload);
    length = L4 + payload;
  }

  private void ip(long mac, int address, int protocol, int payload) {
    Headers.ethernet(segment, 0, mac, DhcpServer.MAC.value(), EtherType.IPV4);
    Headers.ipv4(segment, IP, serverIp, address, protocol, payload);
  }

  void copyTo(ByteBuf reply) {
    reply.clear().writeBytes(bytes, 0, length);
  }
}
