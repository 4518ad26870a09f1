package org.kvmzone.dhcp;

import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpProtocol;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;

/** Answers for the server's own address: ARP, and ping. */
final class ServerAddress {
  private final int serverIp;
  private final ReplyFrame reply;

  ServerAddress(int serverIp, ReplyFrame reply) {
    this.serverIp = serverIp;
    this.reply = reply;
  }

  Answer arp(Frame frame) {
    if (frame.arpOperation() != Frame.ARP_REQUEST || frame.arpTargetIp() != serverIp) {
      return Answer.NOT_FOR_US;
    }
    reply.arp(frame.arpSenderMac(), frame.arpSenderIp());
    return Answer.ARP_REPLY;
  }

  Answer icmp(Frame frame) {
    if (frame.ipv4Destination() != serverIp || frame.ipProtocol() != IpProtocol.ICMP) {
      return Answer.NOT_FOR_US;
    }
    if (frame.isFragment()) {
      return Answer.ECHO_TOO_LONG;
    }
    int at = frame.l4Offset();
    int length = frame.ipEnd() - at;
    if (frame.icmpType() != Frame.ICMP_ECHO_REQUEST) {
      return Answer.ICMP_IGNORED;
    }
    if (length > ReplyFrame.MAX_ICMP_LENGTH) {
      return Answer.ECHO_TOO_LONG;
    }
    // Only a station's own addresses are answered, so that no reply reaches a group.
    if (frame.state() != Frame.State.SOUND
        || frame.u8(at + 1) != 0
        || frame.checksum(0, at, length) != 0
        || frame.checksum(0, frame.l3Offset(), at - frame.l3Offset()) != 0
        || !Ipv4Address.isHost(frame.ipv4Source())
        || !MacAddress.isStation(frame.source())) {
      return Answer.ECHO_MALFORMED;
    }
    reply.echo(frame, length);
    return Answer.ECHO_REPLY;
  }
}
