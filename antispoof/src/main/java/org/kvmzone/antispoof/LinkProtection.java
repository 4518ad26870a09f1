package org.kvmzone.antispoof;

import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Frame;

/**
 * Judges the frames that a guest sends.
 *
 * <p>Keeps no state between frames, but copies DHCP messages into a buffer of its own: each queue
 * has its own link protection, made of the same configuration.
 */
public final class LinkProtection {
  /** The VLAN identifier of frames that belong to no VLAN. */
  private static final int NO_VLAN = 0;

  private final long mac;
  private final int vlan;
  private final boolean macNospoof;
  private final boolean restricted;
  private final boolean ipNospoof;
  private final boolean dhcpNospoof;
  private final IpRules ipRules;
  private final DhcpRules dhcpRules;

  public LinkProtection(LinkProtectionConfig config) {
    mac = config.mac().value();
    vlan = config.vlan().orElse(NO_VLAN);
    macNospoof = config.macNospoof();
    restricted = config.restricted();
    ipNospoof = config.ipNospoof();
    dhcpNospoof = config.dhcpNospoof();
    ipRules = new IpRules(config);
    dhcpRules = new DhcpRules(config);
  }

  /**
   * Says whether a frame may be sent. Neither allocates nor throws.
   *
   * @param frame captured whole if it {@link Frame#needsWhole}
   */
  public Verdict check(Frame frame) {
    if (!frame.isEthernet()) {
      return Verdict.INVALID_HEADER;
    }
    if (macNospoof && frame.source() != mac) {
      return Verdict.MAC_SOURCE;
    }
    if (restricted) {
      Verdict verdict = restricted(frame);
      if (verdict != Verdict.PASS) {
        return verdict;
      }
    }
    if (ipNospoof) {
      Verdict verdict = ipRules.check(frame);
      if (verdict != Verdict.PASS) {
        return verdict;
      }
    }
    return dhcpNospoof && frame.isDhcp() ? dhcpRules.check(frame) : Verdict.PASS;
  }

  private Verdict restricted(Frame frame) {
    int id = frame.vlanId();
    if (id != NO_VLAN && id != vlan) {
      return Verdict.RESTRICTED_VLAN;
    }
    return switch (frame.etherType()) {
      case EtherType.IPV4, EtherType.IPV6, EtherType.ARP -> Verdict.PASS;
      default -> Verdict.RESTRICTED_TYPE;
    };
  }
}
