package org.kvmzone.packet;

import java.lang.foreign.MemorySegment;

/**
 * The headers of one Ethernet frame, parsed once, for reuse from frame to frame.
 *
 * <p>The bytes must be a private copy: guest memory can change between check and use. Of a long
 * frame only the first {@link #HEAD} bytes need to be copied; when {@link #needsWhole} says so,
 * copy all of it and wrap the new copy. No byte behind the copied ones is ever read and no byte
 * sequence makes a method throw. What is not there reads as -1.
 *
 * <p>Offsets count from the start of the frame. Not thread-safe: each queue has its own.
 */
public final class Frame extends CapturedBytes {
  /**
   * How many bytes of a frame settle almost every verdict: Ethernet, a VLAN tag and either ARP, the
   * longest IPv4 header (60) with UDP or TCP behind it, or IPv6 with neighbour discovery and its
   * usual options.
   */
  public static final int HEAD = 128;

  public static final int DHCP_SERVER_PORT = 67;
  public static final int DHCP_CLIENT_PORT = 68;
  public static final int ARP_REQUEST = 1;
  public static final int ARP_REPLY = 2;
  public static final int ICMP_ECHO_REPLY = 0;
  public static final int ICMP_ECHO_REQUEST = 8;

  /** The lowest and highest ICMPv6 types of neighbour discovery (RFC 4861 §4). */
  public static final int ND_ROUTER_SOLICITATION = 133;

  public static final int ND_REDIRECT = 137;

  /** More extension headers than any sender has use for; a longer chain is malformed. */
  private static final int MAX_EXTENSION_HEADERS = 16;

  /** What parsing came to. */
  public enum State {
    /** Every header that this class knows is there and agrees with the frame's length. */
    SOUND,
    /** The copied bytes end inside a header; the frame itself goes on. */
    CUT,
    /** A header contradicts the frame's length, or itself. */
    MALFORMED
  }

  private enum Layer3 {
    OTHER,
    ARP,
    IPV4,
    IPV6
  }

  private State state = State.MALFORMED;

  private long destination = -1;
  private long source = -1;
  private int vlanTag = -1;
  private int etherType = -1;
  private int l3Offset = -1;

  private Layer3 layer3 = Layer3.OTHER;
  private int ipv4Source;
  private int ipProtocol = -1;
  private int ipEnd = -1;
  private int fragmentOffset;
  private boolean moreFragments;
  private int l4Offset = -1;
  private int sourcePort = -1;
  private int destinationPort = -1;
  private int icmpType = -1;

  /**
   * Parses a frame.
   *
   * @param segment holds the copy
   * @param offset where in the segment the frame starts
   * @param captured how many bytes were copied
   * @param wireLength how long the frame is, without its check sequence; at least {@code captured}
   * @return the same as {@link #state}
   * @throws IndexOutOfBoundsException if the copy does not lie in the segment
   * @throws IllegalArgumentException if more was copied than the frame has
   */
  public State wrap(MemorySegment segment, long offset, int captured, int wireLength) {
    take(segment, offset, captured, wireLength);
    forget();
    state = parse();
    return state;
  }

  private void forget() {
    destination = -1;
    source = -1;
    vlanTag = -1;
    etherType = -1;
    l3Offset = -1;
    layer3 = Layer3.OTHER;
    ipv4Source = 0;
    ipProtocol = -1;
    ipEnd = -1;
    fragmentOffset = 0;
    moreFragments = false;
    l4Offset = -1;
    sourcePort = -1;
    destinationPort = -1;
    icmpType = -1;
  }

  private State parse() {
    int at = Headers.ETHERNET_LENGTH;
    if (captured() < at) {
      return missing(at);
    }
    long first = longAt(0);
    long second = longAt(6);
    int type = (int) second & 0xffff;
    if (type == EtherType.VLAN) {
      if (captured() < at + 4) {
        return missing(at + 4);
      }
      vlanTag = shortAt(at);
      type = shortAt(at + 2);
      at += 4;
    }
    destination = first >>> 16;
    source = second >>> 16;
    etherType = type;
    l3Offset = at;
    return switch (type) {
      case EtherType.IPV4 -> parseIpv4(at);
      case EtherType.IPV6 -> parseIpv6(at);
      case EtherType.ARP -> parseArp(at);
      default -> State.SOUND;
    };
  }

  /** Bytes up to {@code end} were not copied: because the frame hasn't got them, or by choice. */
  private State missing(int end) {
    return end > length() ? State.MALFORMED : State.CUT;
  }

  private State parseArp(int at) {
    if (captured() - at < Headers.ARP_LENGTH) {
      return missing(at + Headers.ARP_LENGTH);
    }
    // Ethernet and IPv4 with their lengths: the only kind there is on Ethernet.
    if (longAt(at) >>> 16 != 0x0001_0800_0604L) {
      return State.MALFORMED;
    }
    layer3 = Layer3.ARP;
    return State.SOUND;
  }

  private State parseIpv4(int at) {
    if (captured() - at < Headers.IPV4_LENGTH) {
      return missing(at + Headers.IPV4_LENGTH);
    }
    // Two loads for all the fields below: each has its bounds check, which is what parsing costs.
    long first = longAt(at);
    int header = (int) (first >>> 56 & 0xf) * 4;
    int total = (int) (first >>> 32) & 0xffff;
    if (first >>> 60 != 4
        || header < Headers.IPV4_LENGTH
        || total < header
        || total > length() - at) {
      return State.MALFORMED;
    }
    if (header > captured() - at) {
      return State.CUT;
    }
    long second = longAt(at + 8);
    layer3 = Layer3.IPV4;
    ipEnd = at + total;
    ipProtocol = (int) (second >>> 48) & 0xff;
    ipv4Source = (int) second;
    fragmentOffset = ((int) first & 0x1fff) * 8;
    moreFragments = (first & 0x2000) != 0;
    return fragmentOffset > 0 ? State.SOUND : parseTransport(at + header);
  }

  private State parseIpv6(int at) {
    int header = 40;
    if (captured() - at < header) {
      return missing(at + header);
    }
    long first = longAt(at);
    int payload = (int) (first >>> 16) & 0xffff;
    if (first >>> 60 != 6 || payload > length() - at - header) {
      return State.MALFORMED;
    }
    layer3 = Layer3.IPV6;
    ipEnd = at + header + payload;
    return parseExtensions(at + header, (int) (first >>> 8) & 0xff);
  }

  /** Walks the extension headers to the upper protocol (RFC 8200 §4). */
  private State parseExtensions(int start, int firstHeader) {
    int at = start;
    int next = firstHeader;
    for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
      if (!isExtension(next)) {
        ipProtocol = next;
        return parseTransport(at);
      }
      if (ipEnd - at < 8) {
        return State.MALFORMED;
      }
      if (captured() - at < 8) {
        return State.CUT;
      }
      int size =
          switch (next) {
            case IpProtocol.FRAGMENT -> 8;
            case IpProtocol.AUTHENTICATION -> (byteAt(at + 1) + 2) * 4;
            default -> (byteAt(at + 1) + 1) * 8;
          };
      if (size > ipEnd - at) {
        return State.MALFORMED;
      }
      if (next == IpProtocol.FRAGMENT) {
        int fragment = shortAt(at + 2);
        fragmentOffset = fragment & 0xfff8;
        moreFragments = (fragment & 1) != 0;
        if (fragmentOffset > 0) {
          ipProtocol = byteAt(at);
          return State.SOUND;
        }
      }
      next = byteAt(at);
      at += size;
    }
    return State.MALFORMED;
  }

  private static boolean isExtension(int header) {
    return switch (header) {
      case IpProtocol.HOP_BY_HOP,
          IpProtocol.ROUTING,
          IpProtocol.FRAGMENT,
          IpProtocol.AUTHENTICATION,
          IpProtocol.DESTINATION_OPTIONS,
          IpProtocol.MOBILITY,
          IpProtocol.HIP,
          IpProtocol.SHIM6 ->
          true;
      default -> false;
    };
  }

  /**
   * Ports and types are taken as soon as they are there: a header that is cut short behind them
   * must not hide them from a rule.
   */
  private State parseTransport(int at) {
    l4Offset = at;
    int end = Math.min(ipEnd, captured());
    boolean ports = ipProtocol == IpProtocol.UDP || ipProtocol == IpProtocol.TCP;
    if (ports && end - at >= 4) {
      int both = intAt(at);
      sourcePort = both >>> 16;
      destinationPort = both & 0xffff;
    }
    boolean icmp = ipProtocol == (layer3 == Layer3.IPV4 ? IpProtocol.ICMP : IpProtocol.ICMPV6);
    if (icmp && end > at) {
      icmpType = byteAt(at);
    }
    int header = ipProtocol == IpProtocol.UDP || icmp ? 8 : ports ? 20 : 0;
    if (header > ipEnd - at) {
      return State.MALFORMED;
    }
    return header > captured() - at ? State.CUT : State.SOUND;
  }

  /**
   * Whether a verdict on this frame depends on bytes that were not copied. Then copy the whole
   * frame and wrap it again; the verdict on the first copy is void.
   */
  public boolean needsWhole() {
    if (captured() == length()) {
      return false;
    }
    return state == State.CUT
        || isDhcp()
        || (layer3 == Layer3.IPV4 && icmpType == ICMP_ECHO_REQUEST)
        || (isNeighborDiscovery() && ipEnd > captured());
  }

  public State state() {
    return state;
  }

  /** Whether there are an Ethernet header and, if it announces one, a VLAN tag. */
  public boolean isEthernet() {
    return l3Offset >= 0;
  }

  /** The MAC address the frame goes to. */
  public long destination() {
    return destination;
  }

  /** The MAC address the frame says it comes from. */
  public long source() {
    return source;
  }

  /** Whether the frame carries an 802.1Q tag. */
  public boolean isTagged() {
    return vlanTag >= 0;
  }

  /** The VLAN: 1 to 4095, or 0 for an untagged frame and for one that is only priority-tagged. */
  public int vlanId() {
    return isTagged() ? vlanTag & 0xfff : 0;
  }

  /** The EtherType behind the tag if there is one; below 0x600 it is an 802.3 length. */
  public int etherType() {
    return etherType;
  }

  /** Where the payload of the Ethernet frame starts. */
  public int l3Offset() {
    return l3Offset;
  }

  /** Whether this is ARP for IPv4 over Ethernet, whole. */
  public boolean isArp() {
    return layer3 == Layer3.ARP;
  }

  public int arpOperation() {
    return isArp() ? shortAt(l3Offset + 6) : -1;
  }

  public long arpSenderMac() {
    return isArp() ? macAt(l3Offset + 8) : -1;
  }

  /**
   * The address the sender claims. Zero, which also means a probe, if this is not {@link #isArp}.
   */
  public int arpSenderIp() {
    return isArp() ? intAt(l3Offset + 14) : 0;
  }

  /** The address asked for. Zero if this is not {@link #isArp}. */
  public int arpTargetIp() {
    return isArp() ? intAt(l3Offset + 24) : 0;
  }

  /** Whether there is a whole IPv4 header that agrees with the frame's length. */
  public boolean isIpv4() {
    return layer3 == Layer3.IPV4;
  }

  /** Zero if this is not {@link #isIpv4}. */
  public int ipv4Source() {
    return ipv4Source;
  }

  /** Zero if this is not {@link #isIpv4}. */
  public int ipv4Destination() {
    return isIpv4() ? intAt(l3Offset + 16) : 0;
  }

  /** Whether there is a whole fixed IPv6 header that agrees with the frame's length. */
  public boolean isIpv6() {
    return layer3 == Layer3.IPV6;
  }

  /** The upper half of the source address. Zero if this is not {@link #isIpv6}. */
  public long ipv6SourceHigh() {
    return isIpv6() ? longAt(l3Offset + 8) : 0;
  }

  /** The lower half of the source address. Zero if this is not {@link #isIpv6}. */
  public long ipv6SourceLow() {
    return isIpv6() ? longAt(l3Offset + 16) : 0;
  }

  /**
   * The protocol above IP, behind all extension headers; -1 if it is not known because this is not
   * IP or the header chain is broken or cut.
   */
  public int ipProtocol() {
    return ipProtocol;
  }

  /** Where the IP datagram ends: at or before the end of the frame, maybe behind the copy. */
  public int ipEnd() {
    return ipEnd;
  }

  /** Whether this is a part of an IP datagram only. */
  public boolean isFragment() {
    return moreFragments || fragmentOffset > 0;
  }

  /** Where in its datagram this fragment belongs, in bytes. */
  public int fragmentOffset() {
    return fragmentOffset;
  }

  /** Where the header above IP starts; -1 if there is none here, as in later fragments. */
  public int l4Offset() {
    return l4Offset;
  }

  /** The UDP or TCP source port, or -1. */
  public int sourcePort() {
    return sourcePort;
  }

  /** The UDP or TCP destination port, or -1. */
  public int destinationPort() {
    return destinationPort;
  }

  /** The ICMP type over IPv4, the ICMPv6 type over IPv6, or -1. */
  public int icmpType() {
    return icmpType;
  }

  /** Whether this is DHCPv4, by one of its ports. */
  public boolean isDhcp() {
    return layer3 == Layer3.IPV4
        && ipProtocol == IpProtocol.UDP
        && (isDhcpPort(sourcePort) || isDhcpPort(destinationPort));
  }

  private static boolean isDhcpPort(int port) {
    return port == DHCP_SERVER_PORT || port == DHCP_CLIENT_PORT;
  }

  /** Whether this is one of the five messages of neighbour discovery. */
  public boolean isNeighborDiscovery() {
    return layer3 == Layer3.IPV6 && icmpType >= ND_ROUTER_SOLICITATION && icmpType <= ND_REDIRECT;
  }
}
