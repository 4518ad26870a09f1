package org.kvmzone.antispoof;

import java.util.ArrayList;
import java.util.List;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpPrefix;
import org.kvmzone.packet.IpPrefix.Cidr4;
import org.kvmzone.packet.IpPrefix.Cidr6;
import org.kvmzone.packet.Ipv4Address;

/**
 * ip-nospoof: a guest speaks for its own addresses only, in IPv4, ARP, IPv6 and neighbour
 * discovery.
 *
 * <p>The unspecified address always passes: DHCP, address probes and duplicate address detection
 * need it. In IPv6 so does the link-local address that is made of the MAC.
 */
final class IpRules {
  private static final long LINK_LOCAL = 0xfe80L << 48;

  private final long mac;
  private final long eui64;
  private final int[] network4;
  private final int[] mask4;
  private final Cidr6[] allowed6;
  private final NeighborDiscovery neighborDiscovery;

  IpRules(LinkProtectionConfig config) {
    mac = config.mac().value();
    eui64 = config.mac().eui64();
    List<Cidr4> v4 = new ArrayList<>();
    List<Cidr6> v6 = new ArrayList<>();
    // First, because it is what nearly every frame comes from.
    config.ip().map(Ipv4Address::value).ifPresent(ip -> v4.add(new Cidr4(ip, 32)));
    for (IpPrefix range : config.allowedIps()) {
      switch (range) {
        case Cidr4 range4 -> v4.add(range4);
        case Cidr6 range6 -> v6.add(range6);
      }
    }
    network4 = v4.stream().mapToInt(Cidr4::address).toArray();
    mask4 = v4.stream().mapToInt(Cidr4::mask).toArray();
    allowed6 = v6.toArray(Cidr6[]::new);
    neighborDiscovery = new NeighborDiscovery(mac, this);
  }

  Verdict check(Frame frame) {
    return switch (frame.etherType()) {
      case EtherType.IPV4 -> ipv4(frame);
      case EtherType.IPV6 -> ipv6(frame);
      case EtherType.ARP -> arp(frame);
      default -> Verdict.PASS;
    };
  }

  private Verdict ipv4(Frame frame) {
    if (!frame.isIpv4()) {
      return Verdict.IP_INVALID;
    }
    return allows(frame.ipv4Source()) ? Verdict.PASS : Verdict.IPV4_SOURCE;
  }

  private Verdict arp(Frame frame) {
    if (!frame.isArp()) {
      return Verdict.IP_INVALID;
    }
    if (frame.arpSenderMac() != mac) {
      return Verdict.ARP_SENDER_MAC;
    }
    return allows(frame.arpSenderIp()) ? Verdict.PASS : Verdict.ARP_SENDER_IP;
  }

  private Verdict ipv6(Frame frame) {
    // Without the upper protocol nobody knows whether it is neighbour discovery.
    if (!frame.isIpv6() || frame.ipProtocol() < 0) {
      return Verdict.IP_INVALID;
    }
    long high = frame.ipv6SourceHigh();
    long low = frame.ipv6SourceLow();
    if ((high | low) != 0 && !allows(high, low)) {
      return Verdict.IPV6_SOURCE;
    }
    return frame.isNeighborDiscovery() ? neighborDiscovery.check(frame) : Verdict.PASS;
  }

  /** Whether the guest may have an IPv4 address, or says that it has none yet. */
  boolean allows(int address) {
    for (int i = 0; i < network4.length; i++) {
      if ((address & mask4[i]) == network4[i]) {
        return true;
      }
    }
    return address == 0;
  }

  /** Whether the guest may have an IPv6 address; the unspecified one is none. */
  boolean allows(long high, long low) {
    if (high == LINK_LOCAL && low == eui64) {
      return true;
    }
    for (Cidr6 range : allowed6) {
      if (range.contains(high, low)) {
        return true;
      }
    }
    return false;
  }
}
