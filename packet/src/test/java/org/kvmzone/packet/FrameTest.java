package org.kvmzone.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kvmzone.packet.testing.Frames.arp;
import static org.kvmzone.packet.testing.Frames.echo;
import static org.kvmzone.packet.testing.Frames.ethernet;
import static org.kvmzone.packet.testing.Frames.extension;
import static org.kvmzone.packet.testing.Frames.fragmentHeader;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.Frame.State;

class FrameTest {
  private static final String GUEST = "52:54:00:12:34:56";
  private static final String PEER = "02:08:20:00:00:01";
  private static final String ME = "192.0.2.10";
  private static final String YOU = "198.51.100.7";

  private static byte[] v4(byte[] packet) {
    return ethernet(PEER, GUEST, 0x800, packet);
  }

  private static byte[] v6(byte[] packet) {
    return ethernet(PEER, GUEST, 0x86dd, packet);
  }

  private static int address(String text) {
    return Ipv4Address.parse(text).value();
  }

  @Test
  void readsUdpOverIpv4() {
    Frame frame = parse(udpFrame(PEER, GUEST, ME, YOU, 5353, 53, octets(1, 2, 3)));

    assertThat(frame.state()).isEqualTo(State.SOUND);
    assertThat(MacAddress.format(frame.destination())).isEqualTo(PEER);
    assertThat(MacAddress.format(frame.source())).isEqualTo(GUEST);
    assertThat(frame.isTagged()).isFalse();
    assertThat(frame.vlanId()).isZero();
    assertThat(frame.etherType()).isEqualTo(EtherType.IPV4);
    assertThat(frame.isIpv4()).isTrue();
    assertThat(frame.isIpv6()).isFalse();
    assertThat(frame.isArp()).isFalse();
    assertThat(frame.ipv4Source()).isEqualTo(address(ME));
    assertThat(frame.ipv4Destination()).isEqualTo(address(YOU));
    assertThat(frame.ipProtocol()).isEqualTo(IpProtocol.UDP);
    assertThat(frame.l3Offset()).isEqualTo(14);
    assertThat(frame.l4Offset()).isEqualTo(34);
    assertThat(frame.ipEnd()).isEqualTo(45);
    assertThat(frame.sourcePort()).isEqualTo(5353);
    assertThat(frame.destinationPort()).isEqualTo(53);
    assertThat(frame.icmpType()).isEqualTo(-1);
    assertThat(frame.isFragment()).isFalse();
    assertThat(frame.isDhcp()).isFalse();
  }

  @Test
  void paddingBehindTheDatagramIsNotPartOfIt() {
    byte[] frame = join(udpFrame(PEER, GUEST, ME, YOU, 1, 2, octets(9)), new byte[17]);

    assertThat(parse(frame).ipEnd()).isEqualTo(frame.length - 17);
  }

  @Test
  void tagMovesEverythingByFourOctets() {
    Frame frame = parse(tagged(0x6005, udpFrame(PEER, GUEST, ME, YOU, 68, 67, new byte[9])));

    assertThat(frame.state()).isEqualTo(State.SOUND);
    assertThat(frame.isTagged()).isTrue();
    assertThat(frame.vlanId()).isEqualTo(5);
    assertThat(frame.etherType()).isEqualTo(EtherType.IPV4);
    assertThat(frame.l3Offset()).isEqualTo(18);
    assertThat(frame.l4Offset()).isEqualTo(38);
    assertThat(frame.isDhcp()).isTrue();
  }

  @Test
  void secondTagIsAnUnknownType() {
    Frame frame = parse(tagged(1, tagged(2, udpFrame(PEER, GUEST, ME, YOU, 1, 2, octets()))));

    assertThat(frame.vlanId()).isEqualTo(1);
    assertThat(frame.etherType()).isEqualTo(EtherType.VLAN);
    assertThat(frame.isIpv4()).isFalse();
  }

  @Test
  void ipv4OptionsMoveTheTransportHeader() {
    byte[] udp = udp(ME, YOU, 68, 67, new byte[4]);
    Frame frame = parse(v4(ipv4(ME, YOU, 17, 0, new byte[40], udp)));

    assertThat(frame.l4Offset()).isEqualTo(74);
    assertThat(frame.sourcePort()).isEqualTo(68);
    assertThat(frame.destinationPort()).isEqualTo(67);
  }

  @Test
  void longestHeadersFitIntoHead() {
    byte[] packet = ipv4(ME, YOU, 17, 0, new byte[40], udp(ME, YOU, 1, 2, new byte[1000]));
    byte[] frame = tagged(5, v4(packet));

    Frame head = parse(frame, Frame.HEAD, frame.length);

    assertThat(head.state()).isEqualTo(State.SOUND);
    assertThat(head.needsWhole()).isFalse();
  }

  @Test
  void firstFragmentShowsPorts_laterOnesDoNot() {
    byte[] udp = udp(ME, YOU, 68, 67, new byte[16]);
    Frame first = parse(v4(ipv4(ME, YOU, 17, 0x2000, new byte[0], udp)));
    Frame later = parse(v4(ipv4(ME, YOU, 17, 0x2003, new byte[0], udp)));
    Frame last = parse(v4(ipv4(ME, YOU, 17, 0x0003, new byte[0], udp)));

    assertThat(first.isFragment()).isTrue();
    assertThat(first.fragmentOffset()).isZero();
    assertThat(first.destinationPort()).isEqualTo(67);
    assertThat(later.isFragment()).isTrue();
    assertThat(later.fragmentOffset()).isEqualTo(24);
    assertThat(later.destinationPort()).isEqualTo(-1);
    assertThat(later.l4Offset()).isEqualTo(-1);
    assertThat(last.isFragment()).isTrue();
    assertThat(last.state()).isEqualTo(State.SOUND);
  }

  @Test
  void dontFragmentIsNoFragment() {
    assertThat(parse(v4(ipv4(ME, YOU, 6, 0x4000, new byte[0], tcp(1, 2)))).isFragment()).isFalse();
  }

  @Test
  void tinyFirstFragmentDoesNotHidePorts() {
    byte[] start = octets(0, 99, 0, 25);
    Frame frame = parse(v4(ipv4(ME, YOU, 6, 0x2000, new byte[0], start)));

    assertThat(frame.state()).isEqualTo(State.MALFORMED);
    assertThat(frame.destinationPort()).isEqualTo(25);
  }

  @Test
  void readsTcpAndIcmp() {
    assertThat(parse(v4(ipv4(ME, YOU, 6, tcp(4000, 443)))).destinationPort()).isEqualTo(443);
    assertThat(parse(v4(ipv4(ME, YOU, 1, echo(8, new byte[5])))).icmpType()).isEqualTo(8);
    // Each ICMP with its own IP only.
    assertThat(parse(v4(ipv4(ME, YOU, 58, echo(8, new byte[5])))).icmpType()).isEqualTo(-1);
  }

  @Test
  void readsArp() {
    Frame frame = parse(ethernet(PEER, GUEST, 0x806, arp(1, GUEST, ME, YOU)));

    assertThat(frame.state()).isEqualTo(State.SOUND);
    assertThat(frame.isArp()).isTrue();
    assertThat(frame.arpOperation()).isEqualTo(1);
    assertThat(MacAddress.format(frame.arpSenderMac())).isEqualTo(GUEST);
    assertThat(frame.arpSenderIp()).isEqualTo(address(ME));
    assertThat(frame.arpTargetIp()).isEqualTo(address(YOU));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 5})
  void arpOfAnotherKindIsMalformed(int octet) {
    byte[] arp = arp(1, GUEST, ME, YOU);
    arp[octet]++;
    Frame frame = parse(ethernet(PEER, GUEST, 0x806, arp));

    assertThat(frame.state()).isEqualTo(State.MALFORMED);
    assertThat(frame.isArp()).isFalse();
    assertThat(frame.arpOperation()).isEqualTo(-1);
  }

  @Test
  void readsIpv6() {
    byte[] udp = udp(ME, YOU, 546, 547, new byte[4]);
    Frame frame = parse(v6(ipv6("2001:db8::1", "ff02::1:2", 17, udp)));

    assertThat(frame.state()).isEqualTo(State.SOUND);
    assertThat(frame.isIpv6()).isTrue();
    assertThat(frame.ipv6SourceHigh()).isEqualTo(0x2001_0db8_0000_0000L);
    assertThat(frame.ipv6SourceLow()).isEqualTo(1);
    assertThat(frame.l4Offset()).isEqualTo(54);
    assertThat(frame.sourcePort()).isEqualTo(546);
    assertThat(frame.destinationPort()).isEqualTo(547);
    assertThat(frame.isDhcp()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 43, 60, 135, 139, 140})
  void neighborDiscoveryIsFoundBehindExtensionHeaders(int extension) {
    byte[] nd = neighborDiscovery(136, new byte[20], linkAddress(2, GUEST));
    byte[] payload = join(extension(60), extension(58), nd);
    Frame frame = parse(v6(ipv6("fe80::1", "ff02::1", extension, payload)));

    assertThat(frame.isNeighborDiscovery()).isTrue();
    assertThat(frame.icmpType()).isEqualTo(136);
    assertThat(frame.l4Offset()).isEqualTo(70);
  }

  @Test
  void authenticationHeaderCountsItsLengthInWords() {
    byte[] ah = join(octets(58, 4), new byte[22]);
    byte[] nd = neighborDiscovery(135, new byte[20]);
    Frame frame = parse(v6(ipv6("fe80::1", "ff02::1", 51, join(ah, nd))));

    assertThat(frame.icmpType()).isEqualTo(135);
    assertThat(frame.l4Offset()).isEqualTo(78);
  }

  @Test
  void ipv6Fragments() {
    byte[] nd = neighborDiscovery(135, new byte[20]);
    Frame first = parse(v6(ipv6("fe80::1", "ff02::1", 44, join(fragmentHeader(58, 1), nd))));
    Frame later = parse(v6(ipv6("fe80::1", "ff02::1", 44, join(fragmentHeader(58, 24), nd))));
    Frame atomic = parse(v6(ipv6("fe80::1", "ff02::1", 44, join(fragmentHeader(58, 0), nd))));

    assertThat(first.isFragment()).isTrue();
    assertThat(first.isNeighborDiscovery()).isTrue();
    assertThat(later.isFragment()).isTrue();
    assertThat(later.fragmentOffset()).isEqualTo(24);
    assertThat(later.ipProtocol()).isEqualTo(58);
    assertThat(later.isNeighborDiscovery()).isFalse();
    assertThat(atomic.isFragment()).isFalse();
  }

  @Test
  void endlessExtensionHeadersAreMalformed() {
    byte[] chain = new byte[8 * 40];
    for (int i = 0; i < chain.length; i += 8) {
      chain[i] = 60;
    }
    Frame frame = parse(v6(ipv6("fe80::1", "ff02::1", 60, chain)));

    assertThat(frame.state()).isEqualTo(State.MALFORMED);
    assertThat(frame.isIpv6()).isTrue();
    assertThat(frame.ipProtocol()).isEqualTo(-1);
  }

  @Test
  void lengthsThatContradictTheFrameAreMalformed() {
    byte[] good = v4(ipv4(ME, YOU, 6, tcp(1, 2)));

    assertThat(parse(with(good, 14, 0x65)).isIpv4()).as("version 6").isFalse();
    assertThat(parse(with(good, 14, 0x44)).isIpv4()).as("header of 16").isFalse();
    assertThat(parse(with(good, 17, 19)).isIpv4()).as("total below header").isFalse();
    assertThat(parse(with(good, 17, 41)).isIpv4()).as("total behind frame").isFalse();
    assertThat(parse(with(good, 14, 0x4b)).isIpv4()).as("header behind total").isFalse();
    byte[] good6 = v6(ipv6("fe80::1", "ff02::1", 6, tcp(1, 2)));
    assertThat(parse(with(good6, 14, 0x40)).isIpv6()).as("version 4").isFalse();
    assertThat(parse(with(good6, 19, 21)).isIpv6()).as("payload behind frame").isFalse();
    assertThat(parse(with(good6, 19, 19)).state()).as("TCP of 19").isEqualTo(State.MALFORMED);
  }

  private static byte[] with(byte[] frame, int at, int value) {
    byte[] changed = frame.clone();
    changed[at] = (byte) value;
    return changed;
  }

  @Test
  void wholeFrameIsNeededForWhatIsReadBehindTheHeaders() {
    byte[] dhcp = udpFrame(PEER, GUEST, ME, YOU, 68, 67, new byte[300]);
    byte[] ping = v4(ipv4(ME, YOU, 1, echo(8, new byte[300])));
    byte[] pong = v4(ipv4(ME, YOU, 1, echo(0, new byte[300])));
    byte[] nd = v6(ipv6("fe80::1", "ff02::1", 58, neighborDiscovery(134, new byte[300])));
    byte[] deep = v6(ipv6("fe80::1", "ff02::1", 60, join(octets(6, 20), new byte[166], tcp(1, 2))));
    byte[] udp = udpFrame(PEER, GUEST, ME, YOU, 5000, 5001, new byte[300]);

    assertThat(parse(dhcp, Frame.HEAD, dhcp.length).needsWhole()).isTrue();
    assertThat(parse(ping, Frame.HEAD, ping.length).needsWhole()).isTrue();
    assertThat(parse(pong, Frame.HEAD, pong.length).needsWhole()).isFalse();
    assertThat(parse(nd, Frame.HEAD, nd.length).needsWhole()).isTrue();
    assertThat(parse(deep, Frame.HEAD, deep.length).needsWhole()).isTrue();
    assertThat(parse(udp, Frame.HEAD, udp.length).needsWhole()).isFalse();
    assertThat(parse(dhcp).needsWhole()).isFalse();
    assertThat(parse(nd).needsWhole()).isFalse();
  }

  @Test
  void reuseForgetsTheFrameBefore() {
    byte[] first = tagged(7, udpFrame(PEER, GUEST, ME, YOU, 68, 67, new byte[20]));
    byte[] second = ethernet(PEER, GUEST, 0x88cc, octets(1));
    Frame frame = parse(first);

    frame.wrap(MemorySegment.ofArray(second), 0, second.length, second.length);

    assertThat(frame.isTagged()).isFalse();
    assertThat(frame.isIpv4()).isFalse();
    assertThat(frame.ipProtocol()).isEqualTo(-1);
    assertThat(frame.destinationPort()).isEqualTo(-1);
    assertThat(frame.etherType()).isEqualTo(0x88cc);
  }

  @Test
  void wrap_ofACopyThatIsNotThere_isTheCallersError() {
    MemorySegment segment = MemorySegment.ofArray(new byte[20]);
    Frame frame = new Frame();

    assertThatThrownBy(() -> frame.wrap(segment, 1, 20, 20))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> frame.wrap(segment, 0, 20, 19))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("20 bytes");
  }
}
