package org.kvmzone.dhcp;

import org.kvmzone.packet.Ipv4Address;

/** Which answer a message gets (RFC 2131 §4.3). */
final class LeaseRules {
  private final long mac;
  private final int ip;
  private final int serverIp;

  LeaseRules(DhcpConfig config) {
    mac = config.mac().value();
    ip = config.ip().value();
    serverIp = config.serverIp().value();
  }

  /**
   * @param destination where the datagram was sent
   */
  Answer decide(DhcpMessage message, int destination) {
    if (message.op() != DhcpMessage.BOOT_REQUEST) {
      return Answer.NOT_A_REQUEST;
    }
    if (!message.isFrom(mac)) {
      return Answer.WRONG_CLIENT;
    }
    if (message.giaddr() != 0) {
      return Answer.RELAYED;
    }
    return switch (message.type()) {
      case MessageType.DISCOVER -> Answer.OFFER;
      case MessageType.REQUEST -> request(message, destination);
      case MessageType.DECLINE -> Answer.DECLINED;
      case MessageType.RELEASE -> Answer.RELEASED;
      case MessageType.INFORM -> Answer.ACK_INFORM;
      case MessageType.NONE -> Answer.BOOTP_REPLY;
      default -> Answer.UNKNOWN_TYPE;
    };
  }

  /** RFC 2131 §4.3.2 tells the client's states apart by what the request carries (table 4). */
  private Answer request(DhcpMessage message, int destination) {
    int ciaddr = message.ciaddr();
    int requested = message.requestedAddress();
    if (message.serverId() != 0) {
      // Some clients that renew name their server too: they have ciaddr for want of option 50.
      return message.serverId() == serverIp
          ? ackIf(requested != 0 ? requested : ciaddr, Answer.ACK_SELECTING)
          : Answer.OTHER_SERVER;
    }
    if (ciaddr == 0) {
      return ackIf(requested, Answer.ACK_INIT_REBOOT);
    }
    // A renewal at some other server's address gets its answer too: the guest hears no other
    // server.
    return ackIf(
        ciaddr, destination == Ipv4Address.BROADCAST ? Answer.ACK_REBINDING : Answer.ACK_RENEWING);
  }

  private Answer ackIf(int address, Answer ack) {
    return address == ip ? ack : Answer.NAK;
  }
}
