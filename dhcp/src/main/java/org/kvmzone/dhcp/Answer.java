package org.kvmzone.dhcp;

/** What the server makes of a frame, and why: to be counted by the VNIC. */
public enum Answer {
  /** Neither DHCP nor for the server's address: send it on. */
  NOT_FOR_US(Action.PASS, "not-for-us"),

  ARP_REPLY(Action.REPLY, "arp-reply"),
  ECHO_REPLY(Action.REPLY, "echo-reply"),
  OFFER(Action.REPLY, "discover-offer"),
  /** The client took our offer. */
  ACK_SELECTING(Action.REPLY, "selecting-ack"),
  /** The client remembered its address. */
  ACK_INIT_REBOOT(Action.REPLY, "init-reboot-ack"),
  ACK_RENEWING(Action.REPLY, "renewing-ack"),
  ACK_REBINDING(Action.REPLY, "rebinding-ack"),
  ACK_INFORM(Action.REPLY, "inform-ack"),
  BOOTP_REPLY(Action.REPLY, "bootp-reply"),
  /** The client asked for another address than its own. */
  NAK(Action.REPLY, "wrong-address-nak"),

  RELEASED(Action.CONSUME, "released"),
  /** The client found its address in use. */
  DECLINED(Action.CONSUME, "declined"),
  /** The client took another server's offer. */
  OTHER_SERVER(Action.CONSUME, "other-server"),
  /** A type of message that is none of a client's. */
  UNKNOWN_TYPE(Action.CONSUME, "unknown-type"),
  /** Not a BOOTREQUEST. */
  NOT_A_REQUEST(Action.CONSUME, "not-a-request"),
  /** The hardware address in the message is not the NIC's. */
  WRONG_CLIENT(Action.CONSUME, "wrong-client"),
  /** The message went through a relay agent. */
  RELAYED(Action.CONSUME, "relayed"),
  DHCP_FRAGMENT(Action.CONSUME, "dhcp-fragment"),
  DHCP_CHECKSUM(Action.CONSUME, "dhcp-checksum"),
  DHCP_MALFORMED(Action.CONSUME, "dhcp-malformed"),

  /** A ping of the server's address in fragments, or longer than a reply may be. */
  ECHO_TOO_LONG(Action.CONSUME, "echo-too-long"),
  ECHO_MALFORMED(Action.CONSUME, "echo-malformed"),
  /** ICMP for the server's address that asks for nothing. */
  ICMP_IGNORED(Action.CONSUME, "icmp-ignored");

  /** What the VNIC does with the frame. */
  public enum Action {
    /** Send it to the wire. */
    PASS,
    /** Keep it from the wire, and hand the reply to the guest. */
    REPLY,
    /** Keep it from the wire. */
    CONSUME
  }

  private final Action action;
  private final String reason;

  Answer(Action action, String reason) {
    this.action = action;
    this.reason = reason;
  }

  public Action action() {
    return action;
  }

  /** A stable name for counters and probes. */
  public String reason() {
    return reason;
  }
}
