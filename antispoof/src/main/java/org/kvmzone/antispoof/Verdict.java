package org.kvmzone.antispoof;

import java.util.Optional;

/** What link protection says to a frame. Reasons and counters have illumos's names. */
public enum Verdict {
  PASS("", "pass"),

  /** The frame ends inside its Ethernet header. No switch turns this off. */
  INVALID_HEADER("oerrors", "invalid-header"),

  /** The Ethernet source is not the NIC's MAC address. */
  MAC_SOURCE("macspoofed", "mac-nospoof-fail"),

  /** The frame is tagged with a VLAN that is not the NIC's. */
  RESTRICTED_VLAN("restricted", "restricted-vid-invalid"),
  /** Neither IPv4, IPv6 nor ARP. */
  RESTRICTED_TYPE("restricted", "restricted-fail"),

  /** An IP, ARP or neighbour discovery header is cut short or contradicts itself. */
  IP_INVALID("ipspoofed", "invalid-l3"),
  IPV4_SOURCE("ipspoofed", "ip-nospoof-fail"),
  IPV6_SOURCE("ipspoofed", "ip-nospoof-fail"),
  /** The sender's MAC address in ARP is not the NIC's. */
  ARP_SENDER_MAC("ipspoofed", "ip-nospoof-fail"),
  /** The sender's IP address in ARP is not allowed. */
  ARP_SENDER_IP("ipspoofed", "ip-nospoof-fail"),
  /** A neighbour advertisement for an address that is not allowed. */
  ND_TARGET("ipspoofed", "ndp-na-fail"),
  /** A link-layer address in neighbour discovery is not the NIC's. */
  ND_LINK_ADDRESS("ipspoofed", "ndp-lla-fail"),

  /** The guest acts as a DHCP server or relay agent. */
  DHCP_SERVER("dhcpspoofed", "dhcp-nospoof-fail"),
  /** DHCP in fragments, so that it cannot be checked. */
  DHCP_FRAGMENT("dhcpspoofed", "dhcp-nospoof-fail"),
  DHCP_MALFORMED("dhcpspoofed", "dhcp-nospoof-fail"),
  /** The client's hardware address is not the NIC's. */
  DHCP_CHADDR("dhcpspoofed", "dhcp-nospoof-fail"),
  /** The client identifier is neither the NIC's MAC address nor an allowed one. */
  DHCP_CLIENT_ID("dhcpspoofed", "dhcp-nospoof-fail");

  private final Optional<String> counter;
  private final String reason;

  Verdict(String counter, String reason) {
    this.counter = counter.isEmpty() ? Optional.empty() : Optional.of(counter);
    this.reason = reason;
  }

  public boolean passes() {
    return this == PASS;
  }

  /** The kstat that counts frames dropped for this; none for {@link #PASS}. */
  public Optional<String> counter() {
    return counter;
  }

  /** The reason as the probe tells it; several verdicts may share one. */
  public String reason() {
    return reason;
  }
}
