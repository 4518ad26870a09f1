package org.kvmzone.antispoof;

import org.kvmzone.packet.Frame;

/**
 * Neighbour discovery as a guest may speak it (RFC 4861 §4): it advertises its own addresses, and
 * every link-layer address that it gives for itself is its MAC.
 */
final class NeighborDiscovery {
  private static final int ROUTER_SOLICITATION = 133;
  private static final int ROUTER_ADVERTISEMENT = 134;
  private static final int NEIGHBOR_SOLICITATION = 135;
  private static final int NEIGHBOR_ADVERTISEMENT = 136;

  private static final int SOURCE_LINK_ADDRESS = 1;
  private static final int TARGET_LINK_ADDRESS = 2;

  private final long mac;
  private final IpRules addresses;

  NeighborDiscovery(long mac, IpRules addresses) {
    this.mac = mac;
    this.addresses = addresses;
  }

  Verdict check(Frame frame) {
    // In fragments it is forbidden (RFC 6980 §5), and could not be checked.
    if (frame.isFragment() || frame.ipEnd() > frame.captured()) {
      return Verdict.IP_INVALID;
    }
    return switch (frame.icmpType()) {
      case ROUTER_SOLICITATION -> options(frame, 8, SOURCE_LINK_ADDRESS);
      case ROUTER_ADVERTISEMENT -> options(frame, 16, SOURCE_LINK_ADDRESS);
      case NEIGHBOR_SOLICITATION -> options(frame, 24, SOURCE_LINK_ADDRESS);
      case NEIGHBOR_ADVERTISEMENT -> advertisement(frame);
      // A redirect names another station's address by its nature.
      default -> Verdict.PASS;
    };
  }

  private Verdict advertisement(Frame frame) {
    int target = frame.l4Offset() + 8;
    if (target + 16 > frame.ipEnd()) {
      return Verdict.IP_INVALID;
    }
    if (!addresses.allows(frame.u64(target), frame.u64(target + 8))) {
      return Verdict.ND_TARGET;
    }
    return options(frame, 24, TARGET_LINK_ADDRESS);
  }

  private Verdict options(Frame frame, int header, int linkAddress) {
    int end = frame.ipEnd();
    int at = frame.l4Offset() + header;
    if (at > end) {
      return Verdict.IP_INVALID;
    }
    while (at < end) {
      int size = frame.u8(at + 1) * 8;
      if (size <= 0 || size > end - at) {
        return Verdict.IP_INVALID;
      }
      if (frame.u8(at) == linkAddress && (size != 8 || frame.mac(at + 2) != mac)) {
        return Verdict.ND_LINK_ADDRESS;
      }
      at += size;
    }
    return Verdict.PASS;
  }
}
