package org.kvmzone.dhcp;

import io.netty.buffer.ByteBuf;
import org.kvmzone.packet.Checksum;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpProtocol;
import org.kvmzone.packet.MacAddress;

/**
 * Answers a guest's DHCP, and ARP and ping for the server's address.
 *
 * <p>While it is asked, nothing that goes to UDP port 67 reaches the wire. Frames of a VLAN are not
 * served: they belong to another network. Checksums must be complete; a device that offers checksum
 * offload completes them first.
 *
 * <p>Keeps no state between frames, but writes into buffers of its own: each queue has its own
 * server, made of the same configuration.
 */
public final class DhcpServer {
  /** The MAC address that replies come from, as in the original. */
  public static final MacAddress MAC = MacAddress.parse("52:55:55:55:55:55");

  /** The longest reply in octets. */
  public static final int MAX_REPLY = ReplyFrame.MAX_LENGTH;

  private final DhcpMessage message = new DhcpMessage();
  private final ReplyFrame frame;
  private final LeaseRules rules;
  private final DhcpReplies replies;
  private final ServerAddress address;

  public DhcpServer(DhcpConfig config) {
    frame = new ReplyFrame(config.serverIp().value());
    rules = new LeaseRules(config);
    replies = new DhcpReplies(config, frame);
    address = new ServerAddress(config.serverIp().value(), frame);
  }

  /**
   * Judges a frame that the guest sends.
   *
   * @param request captured whole if it {@link Frame#needsWhole}
   * @param reply takes the frame for the guest if the answer's action is {@link
   *     Answer.Action#REPLY}, from index 0; must have room for {@link #MAX_REPLY} octets
   */
  public Answer answer(Frame request, ByteBuf reply) {
    Answer answer = judge(request);
    if (answer.action() == Answer.Action.REPLY) {
      frame.copyTo(reply);
    }
    return answer;
  }

  private Answer judge(Frame request) {
    if (request.vlanId() != 0) {
      return Answer.NOT_FOR_US;
    }
    if (request.isArp()) {
      return address.arp(request);
    }
    if (!request.isIpv4()) {
      return Answer.NOT_FOR_US;
    }
    if (request.ipProtocol() == IpProtocol.UDP
        && request.destinationPort() == Frame.DHCP_SERVER_PORT) {
      return dhcp(request);
    }
    return address.icmp(request);
  }

  private Answer dhcp(Frame request) {
    if (request.isFragment()) {
      return Answer.DHCP_FRAGMENT;
    }
    if (request.state() != Frame.State.SOUND || !message.read(request)) {
      return Answer.DHCP_MALFORMED;
    }
    if (!hasRightChecksums(request)) {
      return Answer.DHCP_CHECKSUM;
    }
    Answer answer = rules.decide(message, request.ipv4Destination());
    switch (answer) {
      case OFFER -> replies.lease(message, MessageType.OFFER);
      case ACK_SELECTING, ACK_INIT_REBOOT, ACK_RENEWING, ACK_REBINDING ->
          replies.lease(message, MessageType.ACK);
      case ACK_INFORM -> replies.inform(message, request.ipv4Source());
      case BOOTP_REPLY -> replies.bootp(message);
      case NAK -> replies.nak(message);
      default -> {}
    }
    return answer;
  }

  private static boolean hasRightChecksums(Frame request) {
    int ip = request.l3Offset();
    int udp = request.l4Offset();
    if (request.checksum(0, ip, udp - ip) != 0) {
      return false;
    }
    if (request.u16(udp + 6) == 0) {
      return true; // the sender made none (RFC 768)
    }
    int length = request.u16(udp + 4);
    long pseudo =
        Checksum.pseudoHeader(
            request.ipv4Source(), request.ipv4Destination(), IpProtocol.UDP, length);
    return request.checksum(pseudo, udp, length) == 0;
  }
}
