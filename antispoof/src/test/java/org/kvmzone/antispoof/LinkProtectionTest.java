package org.kvmzone.antispoof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.packet.testing.Frames.arp;
import static org.kvmzone.packet.testing.Frames.echo;
import static org.kvmzone.packet.testing.Frames.extension;
import static org.kvmzone.packet.testing.Frames.fragmentHeader;
import static org.kvmzone.packet.testing.Frames.ip;
import static org.kvmzone.packet.testing.Frames.ipv4;
import static org.kvmzone.packet.testing.Frames.ipv6;
import static org.kvmzone.packet.testing.Frames.join;
import static org.kvmzone.packet.testing.Frames.linkAddress;
import static org.kvmzone.packet.testing.Frames.neighborDiscovery;
import static org.kvmzone.packet.testing.Frames.octets;
import static org.kvmzone.packet.testing.Frames.parse;
import static org.kvmzone.packet.testing.Frames.tagged;
import static org.kvmzone.packet.testing.Frames.tcp;
import static org.kvmzone.packet.testing.Frames.udp;
import static org.kvmzone.packet.testing.Frames.udpFrame;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpPrefix;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.VlanSet;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;

class LinkProtectionTest {
  private static final String GUEST = "52:54:00:12:34:56";
  private static final String OTHER = "52:54:00:99:99:99";
  private static final String PEER = "02:08:20:00:00:01";
  private static final String ALL = Frames.BROADCAST;
  private static final String ME = "192.0.2.10";
  private static final String THERE = "198.51.100.7";
  private static final String MY_LINK_LOCAL = "fe80::5054:ff:fe12:3456";
  private static final String STABLE_PRIVACY = "fe80::9c1:22ab:3d4e:5f60";
  private static final String MY_GLOBAL = "2001:db8:1::5";
  private static final VlanSet FIVE = VlanSet.parse(List.of("5"));

  private static Verdict check(UnaryOperator<LinkProtectionConfig.Builder> more, byte[] frame) {
    LinkProtectionConfig.Builder builder =
        LinkProtectionConfig.builder(MacAddress.parse(GUEST))
            .ip(Ipv4Address.parse(ME))
            .allowedIp(IpPrefix.parse("203.0.113.64/26"))
            .allowedIp(IpPrefix.parse("2001:db8:1::/64"));
    return new LinkProtection(more.apply(builder).build()).check(parse(frame));
  }

  private static byte[] v4(String source, int protocol, byte[] payload) {
    return Frames.ethernet(PEER, GUEST, 0x800, ipv4(source, THERE, protocol, payload));
  }

  private static byte[] v6(String source, int next, byte[] payload) {
    return Frames.ethernet(PEER, GUEST, 0x86dd, ipv6(source, "ff02::1", next, payload));
  }

  private static byte[] nd(String source, int type, byte[] body, byte[]... options) {
    return v6(source, 58, neighborDiscovery(type, body, options));
  }

  private static byte[] advertise(String source, String target, byte[]... options) {
    return nd(source, 136, join(new byte[4], ip(target)), options);
  }

  private static byte[] solicit(String source, String target, byte[]... options) {
    return nd(source, 135, join(new byte[4], ip(target)), options);
  }

  private static byte[] arpFrame(String senderMac, String sender) {
    return Frames.ethernet(ALL, GUEST, 0x806, arp(1, senderMac, sender, THERE));
  }

  private static DhcpRequest discover() {
    return DhcpRequest.of(GUEST, 1);
  }

  private static byte[] with(byte[] frame, int at, int value) {
    byte[] changed = frame.clone();
    changed[at] = (byte) value;
    return changed;
  }

  private static byte[] fragment(int field, byte[] payload) {
    return Frames.ethernet(PEER, GUEST, 0x800, ipv4(ME, THERE, 17, field, new byte[0], payload));
  }

  private static Arguments row(String what, byte[] frame, Verdict verdict) {
    return Arguments.of(what, frame, verdict);
  }

  /** What a guest may try, and what all four protections say to it. */
  static Stream<Arguments> matrix() {
    return Stream.of(ethernet(), ipv4Rows(), arpRows(), ipv6Rows(), ndRows(), dhcpRows())
        .flatMap(rows -> rows);
  }

  private static Stream<Arguments> ethernet() {
    byte[] good = v4(ME, 6, tcp(1, 2));
    byte[] foreign = Frames.ethernet(PEER, OTHER, 0x800, ipv4(ME, THERE, 6, tcp(1, 2)));
    byte[] lldp = Frames.ethernet(PEER, GUEST, 0x88cc, new byte[46]);
    byte[] llc = Frames.ethernet("01:80:c2:00:00:00", GUEST, 38, new byte[46]);
    return Stream.of(
        row("TCP of its own", good, Verdict.PASS),
        row("nothing", new byte[0], Verdict.INVALID_HEADER),
        row("13 octets", Arrays.copyOf(good, 13), Verdict.INVALID_HEADER),
        row("half a tag", Arrays.copyOf(tagged(5, good), 17), Verdict.INVALID_HEADER),
        row("another station's MAC", foreign, Verdict.MAC_SOURCE),
        row("a group's MAC", with(good, 6, 0x53), Verdict.MAC_SOURCE),
        row("LLDP", lldp, Verdict.RESTRICTED_TYPE),
        row("spanning tree", llc, Verdict.RESTRICTED_TYPE),
        row("RARP", Frames.ethernet(ALL, GUEST, 0x8035, new byte[28]), Verdict.RESTRICTED_TYPE),
        row("a foreign VLAN", tagged(5, good), Verdict.RESTRICTED_VLAN),
        row("a priority tag", tagged(0x8000, good), Verdict.PASS),
        row("two tags", tagged(0, tagged(5, good)), Verdict.RESTRICTED_TYPE));
  }

  private static Stream<Arguments> ipv4Rows() {
    byte[] good = v4(ME, 6, tcp(1, 2));
    return Stream.of(
        row("an allowed range", v4("203.0.113.127", 1, echo(8, octets(1))), Verdict.PASS),
        row("outside of it", v4("203.0.113.63", 1, echo(8, octets(1))), Verdict.IPV4_SOURCE),
        row("a neighbour's address", v4("192.0.2.11", 6, tcp(1, 2)), Verdict.IPV4_SOURCE),
        row(
            "no address yet",
            v4("0.0.0.0", 17, udp("0.0.0.0", THERE, 1, 2, octets())),
            Verdict.PASS),
        row("almost none", v4("0.0.0.1", 6, tcp(1, 2)), Verdict.IPV4_SOURCE),
        row("broadcast", v4("255.255.255.255", 6, tcp(1, 2)), Verdict.IPV4_SOURCE),
        row("a later fragment", fragment(5, new byte[64]), Verdict.PASS),
        row("its options", withOptions(ME), Verdict.PASS),
        row("another's options", withOptions("192.0.2.11"), Verdict.IPV4_SOURCE),
        row("half a header", Arrays.copyOf(good, 33), Verdict.IP_INVALID),
        row("no header", Arrays.copyOf(good, 14), Verdict.IP_INVALID),
        row("version 6", with(good, 14, 0x65), Verdict.IP_INVALID),
        row("longer than its frame", with(good, 17, 41), Verdict.IP_INVALID),
        row(
            "IPv6 as IPv4",
            with(with(v6(MY_LINK_LOCAL, 59, octets()), 12, 8), 13, 0),
            Verdict.IP_INVALID));
  }

  private static byte[] withOptions(String source) {
    byte[] packet = ipv4(source, THERE, 6, 0, new byte[40], tcp(1, 2));
    return Frames.ethernet(PEER, GUEST, 0x800, packet);
  }

  private static Stream<Arguments> arpRows() {
    byte[] good = arpFrame(GUEST, ME);
    byte[] announce = Frames.ethernet(ALL, GUEST, 0x806, arp(2, GUEST, THERE, ME));
    return Stream.of(
        row("asks", good, Verdict.PASS),
        row("asks, padded", Arrays.copyOf(good, 60), Verdict.PASS),
        row("probes", arpFrame(GUEST, "0.0.0.0"), Verdict.PASS),
        row("as an allowed address", arpFrame(GUEST, "203.0.113.65"), Verdict.PASS),
        row("as another address", arpFrame(GUEST, "192.0.2.1"), Verdict.ARP_SENDER_IP),
        row("poisons a cache", announce, Verdict.ARP_SENDER_IP),
        row("for another station", arpFrame(OTHER, ME), Verdict.ARP_SENDER_MAC),
        row("half an ARP", Arrays.copyOf(good, 41), Verdict.IP_INVALID),
        row("ARP of token ring", with(good, 15, 6), Verdict.IP_INVALID),
        row("ARP of no hardware address", with(good, 18, 0), Verdict.IP_INVALID),
        row("ARP of IPv6", with(good, 19, 16), Verdict.IP_INVALID));
  }

  private static Stream<Arguments> ipv6Rows() {
    byte[] good = v6(MY_GLOBAL, 6, tcp(1, 2));
    byte[] hidden = neighborDiscovery(136, join(new byte[4], ip("2001:db8::bad")));
    return Stream.of(
        row("an allowed prefix", good, Verdict.PASS),
        row("outside of it", v6("2001:db8:2::5", 6, tcp(1, 2)), Verdict.IPV6_SOURCE),
        row("link-local of the MAC", v6(MY_LINK_LOCAL, 6, tcp(1, 2)), Verdict.PASS),
        row("stable privacy", v6(STABLE_PRIVACY, 6, tcp(1, 2)), Verdict.IPV6_SOURCE),
        row(
            "another prefix, own interface",
            v6("fe80:1::5054:ff:fe12:3456", 6, tcp(1, 2)),
            Verdict.IPV6_SOURCE),
        row(
            "another's link-local",
            v6("fe80::5054:ff:fe99:9999", 6, tcp(1, 2)),
            Verdict.IPV6_SOURCE),
        row("no address yet", v6("::", 58, octets(143, 0, 0, 0, 0, 0, 0, 0)), Verdict.PASS),
        row("loopback", v6("::1", 6, tcp(1, 2)), Verdict.IPV6_SOURCE),
        row("half a header", Arrays.copyOf(good, 53), Verdict.IP_INVALID),
        row("version 4", with(good, 14, 0x45), Verdict.IP_INVALID),
        row("longer than its frame", with(good, 19, 21), Verdict.IP_INVALID),
        row("endless extensions", v6(MY_GLOBAL, 60, endless()), Verdict.IP_INVALID),
        row("half an extension", v6(MY_GLOBAL, 60, octets(6, 0, 0, 0)), Verdict.IP_INVALID),
        row(
            "hidden advertisement",
            v6(MY_GLOBAL, 0, join(extension(58), hidden)),
            Verdict.ND_TARGET));
  }

  private static byte[] endless() {
    byte[] chain = new byte[8 * 20];
    for (int i = 0; i < chain.length; i += 8) {
      chain[i] = 60;
    }
    return chain;
  }

  private static Stream<Arguments> ndRows() {
    byte[] mine = linkAddress(2, GUEST);
    byte[] source = linkAddress(1, GUEST);
    byte[] nonce = octets(14, 1, 1, 2, 3, 4, 5, 6);
    byte[] twice = octets(2, 2, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 0, 0, 0, 0, 0, 0, 0, 0);
    byte[] na = neighborDiscovery(136, join(new byte[4], ip(MY_GLOBAL)), mine);
    return Stream.of(
        row("advertises itself", advertise(MY_LINK_LOCAL, MY_LINK_LOCAL, mine), Verdict.PASS),
        row("advertises its global", advertise(MY_GLOBAL, MY_GLOBAL, mine), Verdict.PASS),
        row("advertises without address", advertise(MY_GLOBAL, MY_GLOBAL), Verdict.PASS),
        row("advertises another", advertise(MY_GLOBAL, "2001:db8:2::1", mine), Verdict.ND_TARGET),
        row("advertises from nowhere", advertise("::", "fe80::1", mine), Verdict.ND_TARGET),
        row("advertises nothing", advertise(MY_GLOBAL, "::", mine), Verdict.ND_TARGET),
        row(
            "advertises another's MAC",
            advertise(MY_GLOBAL, MY_GLOBAL, linkAddress(2, OTHER)),
            Verdict.ND_LINK_ADDRESS),
        row(
            "two MACs",
            advertise(MY_GLOBAL, MY_GLOBAL, mine, linkAddress(2, OTHER)),
            Verdict.ND_LINK_ADDRESS),
        row("a MAC of 14 octets", advertise(MY_GLOBAL, MY_GLOBAL, twice), Verdict.ND_LINK_ADDRESS),
        row(
            "option of no length",
            advertise(MY_GLOBAL, MY_GLOBAL, octets(2, 0, 0, 0)),
            Verdict.IP_INVALID),
        row(
            "option behind the end",
            advertise(MY_GLOBAL, MY_GLOBAL, octets(14, 2, 0, 0, 0, 0, 0, 0)),
            Verdict.IP_INVALID),
        row("half an option", advertise(MY_GLOBAL, MY_GLOBAL, octets(2)), Verdict.IP_INVALID),
        row("half an advertisement", nd(MY_GLOBAL, 136, new byte[16]), Verdict.IP_INVALID),
        row("detects duplicates", solicit("::", MY_LINK_LOCAL, nonce), Verdict.PASS),
        row("looks for a neighbour", solicit(MY_GLOBAL, "2001:db8:2::1", source), Verdict.PASS),
        row(
            "... as another's MAC",
            solicit(MY_GLOBAL, "2001:db8:2::1", linkAddress(1, OTHER)),
            Verdict.ND_LINK_ADDRESS),
        row("looks for a router", nd(MY_LINK_LOCAL, 133, new byte[4], source), Verdict.PASS),
        row(
            "... as another's MAC",
            nd(MY_LINK_LOCAL, 133, new byte[4], linkAddress(1, OTHER)),
            Verdict.ND_LINK_ADDRESS),
        row("is a router", nd(MY_LINK_LOCAL, 134, new byte[12], source), Verdict.PASS),
        row(
            "... as another's MAC",
            nd(MY_LINK_LOCAL, 134, new byte[12], linkAddress(1, OTHER)),
            Verdict.ND_LINK_ADDRESS),
        row("redirects", nd(MY_LINK_LOCAL, 137, new byte[36], linkAddress(2, OTHER)), Verdict.PASS),
        row("redirects as another", nd("fe80::1", 137, new byte[36]), Verdict.IPV6_SOURCE),
        row("in fragments", v6(MY_GLOBAL, 44, join(fragmentHeader(58, 1), na)), Verdict.IP_INVALID),
        row("in one fragment", v6(MY_GLOBAL, 44, join(fragmentHeader(58, 0), na)), Verdict.PASS));
  }

  private static Stream<Arguments> dhcpRows() {
    byte[] offer = DhcpRequest.of(GUEST, 2).put(0, octets(2)).message();
    byte[] udp = udp(ME, THERE, 68, 67, discover().message());
    return Stream.of(
        row("asks for an address", discover().bytes(), Verdict.PASS),
        row("renews", DhcpRequest.of(GUEST, 3).ciaddr(ME).from(ME).to(THERE).bytes(), Verdict.PASS),
        row("BOOTP", DhcpRequest.of(GUEST, 0).bytes(), Verdict.PASS),
        row("as another client", discover().chaddr(OTHER).bytes(), Verdict.DHCP_CHADDR),
        row("... of another length", discover().put(2, octets(7)).bytes(), Verdict.DHCP_CHADDR),
        row("... of another hardware", discover().put(1, octets(32)).bytes(), Verdict.DHCP_CHADDR),
        row("serves", udpFrame(ALL, GUEST, ME, THERE, 67, 68, offer), Verdict.DHCP_SERVER),
        row(
            "serves from elsewhere",
            udpFrame(ALL, GUEST, ME, THERE, 4000, 68, offer),
            Verdict.DHCP_SERVER),
        row(
            "relays",
            udpFrame(ALL, GUEST, ME, THERE, 67, 67, discover().message()),
            Verdict.DHCP_SERVER),
        row(
            "asks from another port",
            udpFrame(ALL, GUEST, ME, THERE, 4000, 67, discover().message()),
            Verdict.PASS),
        row(
            "... as another client",
            udpFrame(ALL, GUEST, ME, THERE, 4000, 67, discover().chaddr(OTHER).message()),
            Verdict.DHCP_CHADDR),
        row(
            "port 68 to no server",
            udpFrame(ALL, GUEST, ME, THERE, 68, 53, octets(1)),
            Verdict.PASS),
        row(
            "too short",
            udpFrame(ALL, GUEST, ME, THERE, 68, 67, new byte[235]),
            Verdict.DHCP_MALFORMED),
        row(
            "wrong options",
            discover().raw(octets(61, 200)).end(octets()).bytes(),
            Verdict.DHCP_MALFORMED),
        row("half a UDP header", v4(ME, 17, octets(0, 68, 0, 67)), Verdict.DHCP_MALFORMED),
        row("UDP longer than IP", with(discover().bytes(), 38, 9), Verdict.DHCP_MALFORMED),
        row("first fragment", fragment(0x2000, udp), Verdict.DHCP_FRAGMENT),
        row("later fragment", fragment(0x0010, udp), Verdict.PASS));
  }

  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("matrix")
  void allProtections(String what, byte[] frame, Verdict expected) {
    assertThat(check(b -> b, frame)).as(what).isEqualTo(expected);
  }

  /** Each switch takes away its own objections and no others. */
  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("matrix")
  void eachSwitch(String what, byte[] frame, Verdict all) {
    Verdict none =
        check(
            b -> b.macNospoof(false).restricted(false).ipNospoof(false).dhcpNospoof(false), frame);
    Verdict onlyMac = check(b -> b.restricted(false).ipNospoof(false).dhcpNospoof(false), frame);
    Verdict onlyRestricted =
        check(b -> b.macNospoof(false).ipNospoof(false).dhcpNospoof(false), frame);
    Verdict onlyIp = check(b -> b.macNospoof(false).restricted(false).dhcpNospoof(false), frame);
    Verdict onlyDhcp = check(b -> b.macNospoof(false).restricted(false).ipNospoof(false), frame);

    assertThat(none).isIn(Verdict.PASS, Verdict.INVALID_HEADER);
    String counter = all.counter().orElse("");
    assertThat(onlyMac).isEqualTo(counter.equals("macspoofed") ? all : none);
    if (!counter.equals("macspoofed")) {
      assertThat(onlyRestricted).isEqualTo(counter.equals("restricted") ? all : none);
    }
    if (counter.equals("ipspoofed")) {
      assertThat(onlyIp).isEqualTo(all);
    }
    if (counter.equals("dhcpspoofed")) {
      assertThat(onlyIp).isEqualTo(Verdict.PASS);
      assertThat(onlyDhcp).isEqualTo(all);
    }
  }

  @Test
  void ownVlanPasses_othersDoNot() {
    byte[] frame = v4(ME, 6, tcp(1, 2));

    assertThat(check(b -> b.vlans(FIVE), tagged(5, frame))).isEqualTo(Verdict.PASS);
    assertThat(check(b -> b.vlans(FIVE), tagged(6, frame))).isEqualTo(Verdict.RESTRICTED_VLAN);
    assertThat(check(b -> b.vlans(FIVE), frame)).isEqualTo(Verdict.PASS);
  }

  @Test
  void tagHidesNothing() {
    byte[] spoofed = tagged(5, v4("192.0.2.11", 6, tcp(1, 2)));
    byte[] serves = tagged(5, udpFrame(ALL, GUEST, ME, THERE, 67, 68, octets(1)));

    assertThat(check(b -> b.vlans(FIVE), spoofed)).isEqualTo(Verdict.IPV4_SOURCE);
    assertThat(check(b -> b.vlans(FIVE), serves)).isEqualTo(Verdict.DHCP_SERVER);
  }

  @Test
  void clientIds() {
    ClientId known = ClientId.parse("0xFF0102030405");
    byte[] none = discover().bytes();
    byte[] own = discover().option(61, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56).bytes();
    byte[] listed = discover().option(61, 255, 1, 2, 3, 4, 5).bytes();
    byte[] strange = discover().option(61, 255, 1, 2, 3, 4, 6).bytes();
    byte[] longer = discover().option(61, 255, 1, 2, 3, 4, 5, 0).bytes();
    byte[] empty = discover().option(61).bytes();

    for (byte[] frame : new byte[][] {none, own, listed, strange, longer, empty}) {
      assertThat(check(b -> b, frame)).as("no list").isEqualTo(Verdict.PASS);
      assertThat(check(b -> b.allowedDhcpCid(known).allowAllDhcpCids(true), frame))
          .as("all allowed")
          .isEqualTo(Verdict.PASS);
    }
    for (byte[] frame : new byte[][] {none, own, listed}) {
      assertThat(check(b -> b.allowedDhcpCid(known), frame)).isEqualTo(Verdict.PASS);
    }
    for (byte[] frame : new byte[][] {strange, longer, empty}) {
      assertThat(check(b -> b.allowedDhcpCid(known), frame)).isEqualTo(Verdict.DHCP_CLIENT_ID);
    }
    assertThat(check(b -> b.allowAllDhcpCids(false), own)).isEqualTo(Verdict.PASS);
    assertThat(check(b -> b.allowAllDhcpCids(false), listed)).isEqualTo(Verdict.DHCP_CLIENT_ID);
  }

  @Test
  void withoutAddressesOnlyTheUnspecifiedOnePasses() {
    LinkProtection bare =
        new LinkProtection(LinkProtectionConfig.builder(MacAddress.parse(GUEST)).build());

    assertThat(bare.check(parse(v4(ME, 6, tcp(1, 2))))).isEqualTo(Verdict.IPV4_SOURCE);
    assertThat(bare.check(discover().frame())).isEqualTo(Verdict.PASS);
    assertThat(bare.check(parse(v6(MY_LINK_LOCAL, 6, tcp(1, 2))))).isEqualTo(Verdict.PASS);
  }

  @Test
  void headOfALongFrameIsEnough() {
    LinkProtection protection =
        new LinkProtection(
            LinkProtectionConfig.builder(MacAddress.parse(GUEST))
                .ip(Ipv4Address.parse(ME))
                .build());
    byte[] bytes = v4(ME, 6, join(tcp(1, 2), new byte[1400]));
    byte[] router = nd(MY_LINK_LOCAL, 134, new byte[12], new byte[200]);
    Frame head = parse(bytes, Frame.HEAD, bytes.length);

    assertThat(head.needsWhole()).isFalse();
    assertThat(protection.check(head)).isEqualTo(Verdict.PASS);
    assertThat(protection.check(parse(router, Frame.HEAD, router.length)))
        .as("not captured whole though it should be")
        .isEqualTo(Verdict.IP_INVALID);
  }

  /**
   * Nearly all of a guest's frames are like these, and none of them may need more than a glance.
   */
  @Test
  void plainDatagrams_passAtAGlance_andNothingElseDoes() {
    LinkProtection rules =
        new LinkProtection(
            LinkProtectionConfig.builder(MacAddress.parse(GLANCED))
                .ip(Ipv4Address.parse("192.0.2.10"))
                .build());
    assertThat(glance(rules, plain(GLANCED, "192.0.2.10", 1000, 2000))).isTrue();
    assertThat(glance(rules, plain("52:54:00:12:34:57", "192.0.2.10", 1000, 2000))).isFalse();
    assertThat(glance(rules, plain(GLANCED, "192.0.2.11", 1000, 2000))).isFalse();
    assertThat(glance(rules, plain(GLANCED, "192.0.2.10", 67, 2000))).isFalse();
    assertThat(glance(rules, plain(GLANCED, "192.0.2.10", 1000, 68))).isFalse();
    byte[] fragment = plain(GLANCED, "192.0.2.10", 1000, 2000);
    fragment[20] = 0x20;
    assertThat(glance(rules, fragment)).isFalse();
    byte[] lying = plain(GLANCED, "192.0.2.10", 1000, 2000);
    lying[17]++;
    assertThat(glance(rules, lying)).isFalse();
    assertThat(rules.passesAtAGlance(MemorySegment.ofArray(lying), 0, LinkProtection.GLANCE - 1))
        .isFalse();
  }

  private static final String GLANCED = "52:54:00:12:34:56";

  private static byte[] plain(String mac, String ip, int from, int to) {
    return Frames.udpFrame("52:54:00:00:00:01", mac, ip, "192.0.2.99", from, to, new byte[20]);
  }

  private static boolean glance(LinkProtection rules, byte[] frame) {
    return rules.passesAtAGlance(MemorySegment.ofArray(frame), 0, frame.length);
  }
}
