package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.probe.Watcher;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;

/** What a guest sends: what leaves, what is dropped and why, and that every chain comes back. */
@ParameterizedClass(name = "ring features {0}")
@ValueSource(longs = {0, Features.RING_PACKED})
class TransmitTest {
  private final Devices.ScriptedVnic network = new Devices.ScriptedVnic();
  private final long layout;
  private Guest guest;

  private final List<String> dropped = new ArrayList<>();
  private final Watcher watcher =
      (vnic, reason, none, length, n1, n2, n3) -> dropped.add(vnic + " " + reason + " " + length);

  TransmitTest(long layout) {
    this.layout = layout;
    guest = guest("");
  }

  private Guest guest(String properties) {
    return new Guest(
        Devices.on(network, ",allowed-ips.0=" + IP_A + properties), Guest.MODERN | layout);
  }

  private void configure(String properties) {
    guest.close();
    guest = guest(properties);
  }

  @BeforeEach
  void watch() {
    NetProbes.DROP.watch(watcher);
  }

  @AfterEach
  void close() {
    NetProbes.DROP.unwatch(watcher);
    guest.close();
    assertThat(network.closed).isTrue();
  }

  static byte[] frame(int payload) {
    byte[] data = new byte[payload];
    for (int i = 0; i < payload; i++) {
      data[i] = (byte) i;
    }
    return Frames.udpFrame(MAC_B, MAC_A, IP_A, IP_B, 1000, 2000, data);
  }

  @Test
  void anAnnouncement_isAReverseArpRequestOfTheGuests_beforeItsNextFrame() {
    long mac = MacAddress.parse(MAC_A).value();
    guest.device().announce(mac);
    assertThat(guest.wakes.get()).isEqualTo(1);
    assertThat(guest.send(frame(99))).isEqualTo(1);
    assertThat(network.sent).hasSize(2);
    byte[] announcement = network.sent.getFirst();
    assertThat(HexFormat.of().formatHex(announcement))
        .isEqualTo(
            "ffffffffffff"
                + "52540000000a"
                + "8035" // to all, reverse ARP
                + "0001080006040003" // Ethernet and IPv4, request reverse
                + "52540000000a"
                + "00000000"
                + "52540000000a"
                + "00000000"
                + "00".repeat(18));
    assertServed();
  }

  @Test
  void whatIsSentThroughAQueueThatIsSwitchedOff_comesBack_andDoesNotLeave() {
    assertThat(guest.device().discards(guest.txQueue())).isTrue();
    assertThat(guest.device().discards(guest.rxQueue())).isFalse();
    guest.txQueue().enable(false);
    assertThat(guest.wakes.get()).isEqualTo(1);
    assertThat(guest.send(frame(99), frame(100))).isEqualTo(2);
    guest.queueInPieces(new byte[guest.headerLength()], frame(300), 3);
    guest.transmit();
    assertThat(guest.sent()).isEqualTo(1);
    assertThat(network.sent).isEmpty();
    assertThat(guest.count("txdisabled")).isEqualTo(3);
    assertThat(dropped)
        .containsExactly(
            "net0 queue-disabled 141", "net0 queue-disabled 142", "net0 queue-disabled 342");
    guest.txQueue().enable(true);
    assertThat(guest.send(frame(99))).isEqualTo(1);
    assertThat(network.sent).hasSize(1);
    assertServed();
  }

  @Test
  void whatWaitedForALinkThatIsFull_waitsNoMoreWhenItsQueueIsSwitchedOff() {
    network.room = 0;
    assertThat(guest.send(frame(99))).isZero();
    guest.txQueue().enable(false);
    guest.transmit();
    assertThat(guest.sent()).isEqualTo(1);
    assertThat(guest.device().mayIdle(guest.txQueue())).as("it asks for kicks").isTrue();
    assertThat(network.sent).isEmpty();
  }

  @Test
  void anAnnouncementOfAnotherAddress_isDropped_unlessTheGuestMaySendFromAny() {
    long other = MacAddress.parse(MAC_B).value();
    guest.device().announce(other);
    assertThat(guest.send(frame(99))).isEqualTo(1);
    assertThat(network.sent).hasSize(1);
    assertThat(guest.count("macspoofed")).isEqualTo(1);
    configure(",mac-nospoof=off");
    guest.device().announce(other);
    guest.send(frame(99));
    assertThat(network.sent).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({"68,true", "1500,true", "67,false", "1501,false", "0,false", "-1,false"})
  void anMtu_isAcceptedUpToTheLinks(long bytes, boolean accepted) {
    assertThat(guest.device().acceptsMtu(bytes)).isEqualTo(accepted);
  }

  /** The device is as good as before: a valid frame leaves, and its chain comes back. */
  private void assertServed() {
    int before = network.sent.size();
    byte[] valid = frame(99);
    assertThat(guest.send(valid)).isEqualTo(1);
    assertThat(network.sent).hasSize(before + 1);
    assertThat(network.sent.getLast()).isEqualTo(valid);
  }

  private void assertDropped(int chains, String kstat, String reason) {
    guest.transmit();
    assertThat(guest.sent()).isEqualTo(chains);
    assertThat(guest.txQueue().ring().inFlight()).isZero();
    assertThat(network.sent).isEmpty();
    assertThat(guest.count(kstat)).isEqualTo(chains);
    assertThat(dropped).hasSize(chains).allMatch(line -> line.startsWith("net0 " + reason + " "));
    assertServed();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 80, 85, 86, 87, 400, 1472})
  void frames_leaveAsTheyAre(int payload) {
    byte[] frame = frame(payload);

    assertThat(guest.send(frame, frame)).isEqualTo(2);

    assertThat(network.sent).containsExactly(frame, frame);
    assertThat(guest.count("opackets64")).isEqualTo(2);
    assertThat(guest.count("obytes64")).isEqualTo(2L * frame.length);
    assertThat(guest.interrupts).hasValue(1);
    assertThat(dropped).isEmpty();
  }

  @Test
  void groupFrames_areCountedByKind() {
    byte[] multicast = frame(50);
    multicast[0] = 1;

    guest.send(multicast, broadcast());

    assertThat(network.sent).hasSize(2);
    assertThat(guest.count("multixmt")).isEqualTo(1);
    assertThat(guest.count("brdcstxmt")).isEqualTo(1);
  }

  private static byte[] broadcast() {
    return Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, IP_B));
  }

  @Test
  void batchLongerThanABatch_leavesInOrder() {
    byte[][] frames = IntStream.range(0, 200).mapToObj(i -> frame(i)).toArray(byte[][]::new);

    assertThat(guest.send(frames)).isEqualTo(200);

    assertThat(network.sent).containsExactly(frames);
  }

  /** CVE-2022-2132: nothing says in how many descriptors a header lies. */
  @ParameterizedTest
  @ValueSource(ints = {2, 11, 12, 13, 26, 139, 140, 141, 500})
  void piecesOfAnySize_makeTheSameFrame(int size) {
    byte[] frame = frame(1000);
    byte[] whole = Frames.join(new byte[12], frame);
    List<Piece> pieces = new ArrayList<>();
    for (int at = 0; at < whole.length; at += size) {
      pieces.add(guest.ram().readable(Frames.slice(whole, at, Math.min(whole.length, at + size))));
    }

    guest.reboot(Guest.MODERN | Features.INDIRECT_DESC | layout);
    guest.tx().addIndirect(pieces.toArray(Piece[]::new));
    guest.transmit();

    assertThat(network.sent).containsExactly(frame);
  }

  @ParameterizedTest
  @CsvSource({"0, 10", "0x8000, 12", "0x100000000, 12", "0x100008000, 12"})
  void headerLength_isThatOfTheFeatures(String features, int length) {
    guest.reboot(Long.decode(features) | layout);
    byte[] frame = frame(10);

    guest.queue(new byte[length], frame);
    guest.transmit();

    assertThat(guest.headerLength()).isEqualTo(length);
    assertThat(network.sent).containsExactly(frame);
  }

  @Test
  void rebootWithAnotherDriver_changesTheHeader() {
    byte[] frame = frame(10);
    for (long features : new long[] {Guest.MODERN, 0, Features.VERSION_1, 0}) {
      guest.reboot(features | layout);
      guest.send(frame);
    }

    assertThat(network.sent).containsExactly(frame, frame, frame, frame);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 11})
  void chainShorterThanAHeader_isDropped(int length) {
    guest.tx().add(guest.ram().readable(new byte[length]));

    assertDropped(1, "txbadhdr", "bad-header");
  }

  @Test
  void chainWithNothingToRead_isDropped() {
    guest.tx().add(guest.ram().writable(100));

    assertDropped(1, "txbadhdr", "bad-header");
  }

  /** C12: what was not negotiated is not asked for. */
  @ParameterizedTest
  @CsvSource({"1, 0", "0, 1", "0, 3", "0, 4", "0, 5", "0, 0x80", "0, 0xff", "1, 1", "0xff, 0"})
  void headerThatAsksForOffloads_isDropped(String flags, String type) {
    byte[] header = new byte[12];
    header[0] = Integer.decode(flags).byteValue();
    header[1] = Integer.decode(type).byteValue();
    guest.queue(header, frame(10));

    assertDropped(1, "txbadhdr", "bad-header");
  }

  /** Without an offload the other fields have no meaning (virtio 1.3 §5.1.6.2.1). */
  @Test
  void headerFieldsWithoutMeaning_areIgnored() {
    byte[] header = new byte[12];
    Arrays.fill(header, (byte) 0xff);
    header[0] = (byte) 0xfe;
    header[1] = 0;
    guest.queue(header, frame(10));

    guest.transmit();

    assertThat(network.sent).containsExactly(frame(10));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 6, 12, 13})
  void frameShorterThanAnEthernetHeader_isDropped(int length) {
    guest.queue(Frames.slice(frame(10), 0, length));

    assertDropped(1, "txrunt", "runt");
  }

  @Test
  void tagWithoutItsEnd_isDropped() {
    guest.queue(Frames.slice(Frames.tagged(0, frame(10)), 0, 16));

    assertDropped(1, "oerrors", "invalid-header");
  }

  @ParameterizedTest
  @CsvSource({"1500, 1501", "1500, 1504", "1500, 1505", "576, 577", "9000, 9001", "1500, 65535"})
  void payloadBeyondTheMtu_isDropped(int mtu, int payload) {
    configure(",mtu=" + mtu);
    byte[] frame = Frames.ethernet(MAC_B, MAC_A, 0x800, new byte[payload]);
    guest.tx().add(guest.ram().readable(Frames.join(new byte[12], frame)));

    assertDropped(1, "txtoolong", "too-long");
  }

  @Test
  void hugeChain_isDropped() {
    // Many times the same memory: 3.9 GiB in all.
    int size = 1 << 24;
    Piece piece = guest.ram().readable(new byte[size]);
    Piece[] pieces = new Piece[250];
    Arrays.fill(pieces, new Piece(piece.address(), size, false));
    guest.tx().add(pieces);

    assertDropped(1, "txtoolong", "too-long");
  }

  @ParameterizedTest
  @ValueSource(ints = {576, 1500, 9000})
  void payloadOfTheMtu_leaves_taggedToo(int mtu) {
    configure(",mtu=" + mtu + ",ip-nospoof=off,restricted=off");
    byte[] untagged = Frames.ethernet(MAC_B, MAC_A, 0x88b5, new byte[mtu]);
    byte[] tagged = Frames.tagged(7, untagged);
    guest.tx().add(guest.ram().readable(Frames.join(new byte[12], untagged)));
    guest.tx().add(guest.ram().readable(Frames.join(new byte[12], tagged)));

    guest.transmit();

    assertThat(network.sent).containsExactly(untagged, tagged);
  }

  @Test
  void spoofedFrames_areDropped_countedByKind_andTold() {
    byte[] valid = frame(10);
    byte[] otherMac = Frames.udpFrame(MAC_B, MAC_B, IP_A, IP_B, 1, 2, new byte[8]);
    byte[] otherIp = Frames.udpFrame(MAC_B, MAC_A, IP_B, IP_A, 1, 2, new byte[8]);
    byte[] otherType = Frames.ethernet(MAC_B, MAC_A, 0x88cc, new byte[46]);
    byte[] dhcpServer = Frames.udpFrame(MAC_B, MAC_A, IP_A, IP_B, 67, 68, new byte[300]);

    assertThat(guest.send(valid, otherMac, otherIp, otherType, dhcpServer, valid)).isEqualTo(6);

    assertThat(network.sent).containsExactly(valid, valid);
    assertThat(guest.device().report().counters())
        .containsAllEntriesOf(
            Map.of("macspoofed", 1L, "ipspoofed", 1L, "restricted", 1L, "dhcpspoofed", 1L));
    assertThat(dropped)
        .containsExactly(
            "net0 mac-nospoof-fail " + otherMac.length,
            "net0 ip-nospoof-fail " + otherIp.length,
            "net0 restricted-fail " + otherType.length,
            "net0 dhcp-nospoof-fail " + dhcpServer.length);
  }

  @Test
  void protections_canBeSwitchedOff() {
    configure(",mac-nospoof=off,ip-nospoof=off,restricted=off,dhcp-nospoof=off");
    byte[] strange = Frames.ethernet(MAC_B, MAC_B, 0x88cc, new byte[46]);
    byte[] dhcpServer = Frames.udpFrame(MAC_B, MAC_B, IP_B, IP_A, 67, 68, new byte[300]);

    guest.send(strange, dhcpServer);

    assertThat(network.sent).containsExactly(strange, dhcpServer);
    assertThat(guest.device().report().properties()).containsEntry("protection", "none");
  }

  /** A frame whose verdict needs all of it is judged by, and sent from, one copy. */
  @Test
  void longDhcpMessage_isJudgedWhole() {
    byte[] request = DhcpRequest.of(MAC_A, 1).option(61, 1, 2, 3).bytes();
    configure(",allow-all-dhcp-cids=off");

    guest.send(request);

    assertThat(network.sent).isEmpty();
    assertThat(guest.count("dhcpspoofed")).isEqualTo(1);
  }

  @Test
  void fullLink_leavesFramesInTheRing_inOrder() {
    byte[][] frames = IntStream.range(0, 100).mapToObj(i -> frame(i)).toArray(byte[][]::new);
    network.room = 10;

    assertThat(guest.send(frames)).isEqualTo(10);
    assertThat(guest.txQueue().ring().inFlight()).isZero();
    assertThat(guest.device().mayIdle(guest.txQueue())).isTrue();
    assertThat(guest.transmit()).isZero();
    network.room = 70;
    guest.transmit();
    assertThat(guest.sent()).isEqualTo(70);
    network.room = 1000;
    guest.transmit();

    assertThat(guest.sent()).isEqualTo(20);
    assertThat(network.sent).containsExactly(frames);
    assertThat(guest.count("opackets64")).isEqualTo(100);
  }

  /** What is dropped behind a frame that has to wait is counted when its turn comes: once. */
  @Test
  void fullLink_settlesDropsInTheirTurn() {
    byte[] valid = frame(10);
    byte[] spoofed = Frames.ethernet(MAC_B, MAC_B, 0x800, new byte[46]);
    byte[] runt = new byte[3];
    network.room = 1;

    assertThat(guest.send(spoofed, valid, runt, valid, spoofed, runt)).isEqualTo(3);
    assertThat(guest.count("macspoofed")).isEqualTo(1);
    guest.transmit();
    guest.transmit();
    assertThat(guest.count("txrunt")).isEqualTo(1);
    network.room = 9;
    guest.transmit();

    assertThat(guest.sent()).isEqualTo(3);
    assertThat(guest.count("macspoofed")).isEqualTo(2);
    assertThat(guest.count("txrunt")).isEqualTo(2);
    assertThat(network.sent).containsExactly(valid, valid);
  }

  @Test
  void linkThatGoesOn_wakesTheSender() {
    network.room = 0;
    guest.send(frame(1));
    guest.wakes.set(0);

    Objects.requireNonNull(network.client).writable(0);

    assertThat(guest.wakes).hasValue(1);
  }

  @Test
  void budget_isKept() {
    for (int i = 0; i < 100; i++) {
      guest.queue(frame(i));
    }

    assertThat(guest.device().process(guest.txQueue(), 70)).isEqualTo(70);
    assertThat(guest.device().process(guest.txQueue(), 0)).isZero();
    assertThat(guest.sent()).isEqualTo(70);
    assertThat(guest.device().process(guest.txQueue(), 256)).isEqualTo(30);
  }
}
