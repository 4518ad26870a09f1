package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;

/** C12: virtio-net headers that ask for what the frame behind them cannot be given. */
class HostileOffloadTest {
  private static final long ALL = Guest.MODERN | Offloads.ALL;
  private static final int UDP = 17;

  private final Devices.ScriptedVnic network = new Devices.ScriptedVnic();
  private Guest guest = guest(",ip-nospoof=off,restricted=off", ALL);

  private Guest guest(String properties, long features) {
    return new Guest(Devices.on(network, properties), features);
  }

  private void configure(String properties, long features) {
    guest.close();
    guest = guest(properties, features);
  }

  @AfterEach
  void close() {
    guest.close();
  }

  private void send(byte[] header, byte[] frame) {
    guest.queueLong(header, frame);
    guest.transmit();
    assertThat(guest.sent()).isEqualTo(1);
    assertThat(guest.txQueue().ring().inFlight()).isZero();
  }

  private void assertDropped(String kstat, byte[] header, byte[] frame) {
    long before = guest.count(kstat);
    send(header, frame);
    assertThat(network.sent).isEmpty();
    assertThat(guest.count(kstat)).as(kstat).isEqualTo(before + 1);
    assertServed();
  }

  /** The device is as good as before. */
  private void assertServed() {
    byte[] valid = TransmitTest.frame(99);
    assertThat(guest.send(valid)).isEqualTo(1);
    assertThat(network.sent).containsExactly(valid);
    network.sent.clear();
  }

  /** TCP over IPv4 begins at 34; the frame has 1054 bytes. */
  @ParameterizedTest
  @CsvSource({
    "0,0",
    "0,16",
    "14,10",
    "14,12",
    "14,16",
    "33,17",
    "34,0",
    "34,2",
    "34,6",
    "34,15",
    "34,17",
    "35,16",
    "50,0",
    "54,0",
    "1052,0",
    "1053,0",
    "1054,0",
    "34,1020",
    "65535,65535",
    "65535,16",
    "34,65535",
    "65500,36"
  })
  void checksumThatIsNotTheFrames_isRefused(int start, int offset) {
    byte[] frame = UndoneFrame.tcp(0, 1000).bytes();
    assertDropped("txbadcksum", UndoneFrame.header(1, 0, 0, 0, start, offset), frame);
  }

  /** The addresses of ARP were judged, and those of fragments: nothing is written to them. */
  @Test
  void frameWithoutSuchAChecksum_isRefused() {
    byte[] arp = Frames.ethernet(MAC_B, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, IP_B));
    assertDropped("txbadcksum", UndoneFrame.header(1, 0, 0, 0, 14, 14), arp);
    byte[] fragment =
        Frames.ethernet(
            MAC_B, MAC_A, 0x800, Frames.ipv4(IP_A, IP_B, UDP, 0x2000, new byte[0], new byte[80]));
    assertDropped("txbadcksum", UndoneFrame.header(1, 0, 0, 0, 34, 6), fragment);
    byte[] later =
        Frames.ethernet(
            MAC_B, MAC_A, 0x800, Frames.ipv4(IP_A, IP_B, UDP, 5, new byte[0], new byte[80]));
    assertDropped("txbadcksum", UndoneFrame.header(1, 0, 0, 0, 34, 6), later);
    byte[] dhcp = DhcpRequest.of(MAC_A, 3).bytes();
    assertDropped("txbadcksum", UndoneFrame.header(1, 0, 0, 0, 42, 30), dhcp);
    byte[] cut = Arrays.copyOf(UndoneFrame.tcp(0, 0).bytes(), 40);
    assertDropped("txbadcksum", UndoneFrame.header(1, 0, 0, 0, 34, 16), cut);
    byte[] broken = UndoneFrame.tcp(0, 500).bytes();
    broken[14] = 0x44;
    assertDropped("txbadcksum", UndoneFrame.header(1, 0, 0, 0, 34, 16), broken);
    byte[] runt = Frames.ethernet(MAC_B, MAC_A, 0x88b5, new byte[0]);
    assertDropped("txbadcksum", UndoneFrame.header(1, 0, 0, 0, 0, 6), runt);
  }

  /** A tunnel's inner checksum is where only the guest knows, as long as it is in its payload. */
  @Test
  void checksumOfWhatIsPackedInAFrame_isFinishedWhereItIs() {
    UndoneFrame inner = UndoneFrame.tcp(0, 100);
    byte[] packed = inner.bytes();
    byte[] outer = Frames.udpFrame(MAC_B, MAC_A, IP_A, IP_B, 4789, 4789, packed);
    send(UndoneFrame.header(1, 0, 0, 0, 42 + 34, 16), outer);
    assertThat(network.sent).containsExactly(outer);
    byte[] tunnel = Frames.ethernet(MAC_B, MAC_A, 0x800, Frames.ipv4(IP_A, IP_B, 47, packed));
    send(UndoneFrame.header(1, 0, 0, 0, 34 + 34, 16), tunnel);
    byte[] other = Frames.ethernet(MAC_B, MAC_A, 0x8847, packed);
    send(UndoneFrame.header(1, 0, 0, 0, 14 + 34, 16), other);
    assertThat(network.sent.get(1)).isEqualTo(tunnel);
    // Short enough to be looked at whole, and finished on the way.
    assertThat(network.sent).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    // flags, type, size: of TCP over IPv4
    "0,1,1000",
    "2,1,1000",
    "1,4,1000",
    "1,5,1000",
    "1,0x84,1000",
    "1,1,0",
    "1,1,1",
    "1,1,7"
  })
  void segmentationThatCannotBe_isRefused(int flags, String type, int size) {
    byte[] frame = UndoneFrame.tcp(1000, 30_000).bytes();
    assertDropped(
        "txbadgso", UndoneFrame.header(flags, Integer.decode(type), 54, size, 34, 16), frame);
  }

  /** UFO, and types that there are not. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 6, 7, 0x40, 0x7f, 0x80, 0x83, 0x85, 0xff})
  void unknownSegmentation_isRefused(int type) {
    byte[] frame = UndoneFrame.tcp(1000, 30_000).bytes();
    assertDropped("txbadhdr", UndoneFrame.header(1, type, 54, 1000, 34, 16), frame);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 5})
  void segmentationOfAnotherProtocol_isRefused(int type) {
    boolean udp = type != 5;
    byte[] frame = UndoneFrame.of(false, !udp, 1000, 3000).bytes();
    assertDropped("txbadgso", UndoneFrame.header(1, type, 0, 1000, 34, udp ? 6 : 16), frame);
    byte[] six = UndoneFrame.of(true, type == 5, 1000, 3000).bytes();
    assertDropped("txbadgso", UndoneFrame.header(1, type, 0, 1000, 54, type == 5 ? 16 : 6), six);
  }

  /** hdr_len is nothing that we need: what it says wrongly, and it does, is put right. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 20, 53, 55, 128, 30_054, 65_535})
  void lyingHeaderLength_isOfNoConsequence(int length) {
    UndoneFrame frame = UndoneFrame.tcp(1000, 30_000);
    send(UndoneFrame.header(1, 1, length, 1000, 34, 16), frame.bytes());
    assertThat(network.sent).containsExactly(frame.bytes());
    assertThat(network.headers)
        .containsExactly(
            Frames.join(Arrays.copyOf(frame.header(), VirtioNet.NUM_BUFFERS), Frames.octets(1, 0)));
  }

  /** What the frame's own headers say wrongly. */
  @ParameterizedTest
  @CsvSource({"46,0x40", "46,0x00", "46,0xf0", "16,0x10", "17,0", "14,0x4f", "23,1", "20,0x20"})
  void framesThatContradictThemselves_areRefused(int at, String value) {
    UndoneFrame undone = UndoneFrame.tcp(1000, 40);
    byte[] frame = undone.bytes();
    frame[at] = (byte) (int) Integer.decode(value);
    send(undone.header(), frame);
    assertThat(network.sent).isEmpty();
    assertThat(guest.count("txbadgso") + guest.count("txbadcksum")).isEqualTo(1);
    assertServed();
  }

  @Test
  void segmentsLongerThanTheMtu_areRefused() {
    UndoneFrame fits = UndoneFrame.tcp(1460, 30_000);
    send(fits.header(), fits.bytes());
    assertThat(network.sent).hasSize(1);
    network.sent.clear();
    UndoneFrame longer = UndoneFrame.tcp(1461, 30_000);
    assertDropped("txtoolong", longer.header(), longer.bytes());
    UndoneFrame huge = UndoneFrame.tcp(65_535, 30_000); // one segment: a frame, and too long
    assertDropped("txtoolong", huge.header(), huge.bytes());
    assertDropped("txtoolong", fits.header(), new byte[VirtioNet.LONGEST_UNSEGMENTED + 1]);
    assertDropped("txtoolong", new byte[VirtioNet.HEADER], fits.bytes());
  }

  /** What is one segment anyway is a frame whose checksum is left undone. */
  @Test
  void oneSegment_isAFrame() {
    UndoneFrame frame = UndoneFrame.tcp(1000, 1000);
    send(frame.header(), frame.bytes());
    assertThat(network.sent).containsExactly(frame.bytes());
    assertThat(network.headers.getFirst()).startsWith(1, 0, 0, 0, 0, 0, 34, 0, 16, 0);
  }

  /** What was not negotiated is not done, and not overlooked. */
  @ParameterizedTest
  @CsvSource({
    "0,false,true,0,0x10", "0x1,false,true,1000,0x10", "0x800,false,true,1000,0x10",
    "0x1001,false,true,1000,0x10", "0x801,true,true,1000,0x10", "0x801,false,true,1000,0x90",
    "0x2801,true,true,1000,0x90", "0x3801,false,false,1000,0"
  })
  void withoutTheFeature_itIsRefused(
      String features, boolean ipv6, boolean tcp, int segment, String flags) {
    guest.reboot(Guest.MODERN | Long.decode(features));
    UndoneFrame frame = UndoneFrame.of(ipv6, tcp, Integer.decode(flags), segment, 1400);
    assertDropped("txbadhdr", frame.header(), frame.bytes());
  }

  /** One look at the headers is a look at each segment's. */
  @Test
  void linkProtection_judgesTheFrameOnce() {
    configure(",allowed-ips.0=192.0.2.77", ALL);
    UndoneFrame frame = UndoneFrame.tcp(1000, 30_000);
    send(frame.header(), frame.bytes());
    assertThat(network.sent).isEmpty();
    assertThat(guest.count("ipspoofed")).isEqualTo(1);
  }

  @Test
  void dhcpIsNotSegmented() {
    byte[] frame = UndoneFrame.of(false, false, 500, 3000).bytes();
    frame[35] = 68;
    frame[34] = 0;
    assertDropped("txbadgso", UndoneFrame.header(1, 5, 0, 500, 34, 6), frame);
  }
}
