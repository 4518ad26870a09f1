package org.kvmzone.antispoof;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.Headers;
import org.kvmzone.packet.IpProtocol;
import org.kvmzone.packet.VlanSet;

/**
 * Judges the frames that a guest sends.
 *
 * <p>Keeps no state between frames, but copies DHCP messages into a buffer of its own: each queue
 * has its own link protection, made of the same configuration.
 */
public final class LinkProtection {
  /** The VLAN identifier of frames that belong to no VLAN. */
  private static final int NO_VLAN = 0;

  /** How much of a frame {@link #passesAtAGlance} reads. */
  public static final int GLANCE = Headers.ETHERNET_LENGTH + Headers.IPV4_LENGTH + 4;

  private static final ValueLayout.OfLong BE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt BE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final int TCP_LENGTH = 20;

  /** Of the first 8 bytes of an IPv4 header: version, length; more fragments, and the offset. */
  private static final long VERSION_AND_FRAGMENT = 0xff00_0000_0000_3fffL;

  private static final long PLAIN = 0x4500_0000_0000_0000L;

  private final long ownIpv4; // the MAC address and the EtherType behind it
  private final long mac;
  private final VlanSet vlans;
  private final boolean macNospoof;
  private final boolean restricted;
  private final boolean ipNospoof;
  private final boolean dhcpNospoof;
  private final IpRules ipRules;
  private final DhcpRules dhcpRules;

  public LinkProtection(LinkProtectionConfig config) {
    mac = config.mac().value();
    ownIpv4 = mac << 16 | EtherType.IPV4;
    vlans = config.vlans();
    macNospoof = config.macNospoof();
    restricted = config.restricted();
    ipNospoof = config.ipNospoof();
    dhcpNospoof = config.dhcpNospoof();
    ipRules = new IpRules(config);
    dhcpRules = new DhcpRules(config);
  }

  /**
   * Whether a frame may be sent as far as its first {@value #GLANCE} bytes tell: an untagged IPv4
   * datagram of UDP or TCP that is whole, without options, from the guest's own addresses, and not
   * DHCP. Such a frame {@linkplain #check passes}; for any other, false says nothing. A fraction of
   * what parsing costs, for nearly all frames.
   *
   * @param segment holds a copy of the frame's beginning
   * @param at where
   * @param length of the frame, bytes
   */
  public boolean passesAtAGlance(MemorySegment segment, long at, int length) {
    if (length < GLANCE) {
      return false;
    }
    long macAndType = segment.get(BE64, at + 6);
    long versionToFragment = segment.get(BE64, at + 14);
    long protocolAndSource = segment.get(BE64, at + 22);
    int ports = segment.get(BE32, at + 34);
    int total = (int) (versionToFragment >>> 32) & 0xffff;
    int protocol = (int) (protocolAndSource >>> 48) & 0xff;
    int header = Headers.IPV4_LENGTH;
    boolean transport =
        protocol == IpProtocol.TCP
            ? total >= header + TCP_LENGTH
            : protocol == IpProtocol.UDP
                && total >= header + Headers.UDP_LENGTH
                && !isDhcpPort(ports >>> 16)
                && !isDhcpPort(ports & 0xffff);
    return transport
        && (versionToFragment & VERSION_AND_FRAGMENT) == PLAIN
        && total <= length - Headers.ETHERNET_LENGTH
        && macAndType == ownIpv4
        && (!ipNospoof || ipRules.allows((int) protocolAndSource));
  }

  /**
   * How many frames, from the first on, pass at a glance.
   *
   * @param segment holds copies of their beginnings
   * @param at where the first begins
   * @param stride from the beginning of one to that of the next, bytes
   * @param lengths of the frames, bytes
   * @param count of frames
   */
  public int passAtAGlance(MemorySegment segment, long at, long stride, int[] lengths, int count) {
    for (int i = 0; i < count; i++) {
      if (!passesAtAGlance(segment, at + i * stride, lengths[i])) {
        return i;
      }
    }
    return count;
  }

  private static boolean isDhcpPort(int port) {
    return port == Frame.DHCP_SERVER_PORT || port == Frame.DHCP_CLIENT_PORT;
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
    if (id != NO_VLAN && !vlans.contains(id)) {
      return Verdict.RESTRICTED_VLAN;
    }
    return switch (frame.etherType()) {
      case EtherType.IPV4, EtherType.IPV6, EtherType.ARP -> Verdict.PASS;
      default -> Verdict.RESTRICTED_TYPE;
    };
  }
}
