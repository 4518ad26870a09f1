package org.kvmzone.antispoof;

import org.jspecify.annotations.Nullable;
import org.kvmzone.dhcp.DhcpMessage;
import org.kvmzone.packet.Frame;

/**
 * dhcp-nospoof: a guest asks for itself only, and is no DHCP server.
 *
 * <p>Only the first fragment of a datagram shows its ports. Without it the others are of no use to
 * a receiver, so they pass. A hardware address that is not Ethernet's is none of this NIC's.
 */
final class DhcpRules {
  private final long mac;
  private final boolean allowAll;
  private final byte[][] allowed;

  /** Of the first request, not of the start: netty's buffers take 20 ms to come into being. */
  private @Nullable DhcpMessage message;

  DhcpRules(LinkProtectionConfig config) {
    mac = config.mac().value();
    allowAll = config.allowAllDhcpCids();
    allowed = new byte[config.allowedDhcpCids().size() + 1][];
    allowed[0] = ownId(mac);
    for (int i = 1; i < allowed.length; i++) {
      allowed[i] = config.allowedDhcpCids().get(i - 1).octets();
    }
  }

  /** Type 1, Ethernet, and the MAC: what a client sends that knows no better. */
  private static byte[] ownId(long mac) {
    byte[] id = new byte[7];
    id[0] = DhcpMessage.ETHERNET;
    for (int i = 1; i < id.length; i++) {
      id[i] = (byte) (mac >>> (8 * (6 - i)));
    }
    return id;
  }

  Verdict check(Frame frame) {
    // Clients take an offer from any port, as long as it is for theirs.
    if (frame.sourcePort() == Frame.DHCP_SERVER_PORT
        || frame.destinationPort() == Frame.DHCP_CLIENT_PORT) {
      return Verdict.DHCP_SERVER;
    }
    if (frame.destinationPort() != Frame.DHCP_SERVER_PORT) {
      return Verdict.PASS;
    }
    if (frame.isFragment()) {
      return Verdict.DHCP_FRAGMENT;
    }
    if (message == null) {
      message = new DhcpMessage();
    }
    if (frame.state() != Frame.State.SOUND || !message.read(frame)) {
      return Verdict.DHCP_MALFORMED;
    }
    if (!message.isFrom(mac)) {
      return Verdict.DHCP_CHADDR;
    }
    return allowAll || hasAllowedId(message) ? Verdict.PASS : Verdict.DHCP_CLIENT_ID;
  }

  private boolean hasAllowedId(DhcpMessage message) {
    if (!message.hasClientId()) {
      return true;
    }
    for (byte[] id : allowed) {
      if (message.hasClientId(id)) {
        return true;
      }
    }
    return false;
  }
}
