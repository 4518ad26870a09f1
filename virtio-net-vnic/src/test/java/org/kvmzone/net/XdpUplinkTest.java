package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.Frames;

/** Guests on a switch that is joined by AF_XDP to one end of a veth pair. */
class XdpUplinkTest {
  private static final long ALL = Guest.MODERN | Offloads.ALL;
  private static final String MAC_THERE = "52:54:00:00:00:99";
  private static final int FRAME = 60;

  private final NetNamespace namespace = NetNamespace.withTun();
  private final String stub = Devices.stubName();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    namespace.close();
  }

  private void pair(int queues) {
    pair(queues, "1500");
  }

  private void pair(int queues, String mtu) {
    String each = Integer.toString(queues);
    List<String> add = new ArrayList<>(List.of("link", "add", "v0"));
    List<String> queued = List.of("mtu", mtu, "numrxqueues", each, "numtxqueues", each);
    add.addAll(queued);
    add.addAll(List.of("type", "veth", "peer", "name", "v1"));
    add.addAll(queued);
    namespace.ipOrSkip("veth", add.toArray(String[]::new));
    for (String end : List.of("v0", "v1")) {
      namespace.ip("link", "set", end, "up", "addrgenmode", "none");
    }
    namespace.awaitRunning("v0");
  }

  private Guest guest(String mac, String ip, String properties, long features) {
    NetConfig config =
        Devices.config(
            "vnic,id=net%d,over=%s,macaddr=%s,restricted=off,ip-nospoof=off,allowed-ips.0=%s%s"
                .formatted(open.size(), stub, mac, ip, properties));
    Guest guest = new Guest(namespace.call(() -> NetDevice.open(config)), features);
    open.add(guest);
    guest.offer(200, Guest.BUFFER);
    return guest;
  }

  private Guest a(String properties) {
    return guest(MAC_A, IP_A, properties, Guest.MODERN);
  }

  private Guest b(String properties) {
    return guest(MAC_B, IP_B, properties, Guest.MODERN);
  }

  private PacketSocket station() {
    PacketSocket station = namespace.call(() -> new PacketSocket("v1"));
    open.add(station);
    return station;
  }

  private static byte[] await(PacketSocket station) {
    List<byte[]> there = new ArrayList<>();
    Await.until("a frame at the other end", () -> there.addAll(station.take()));
    return there.getFirst();
  }

  private static void await(Guest guest, byte[] wanted) {
    Await.until(
        "a frame in the guest",
        () -> {
          guest.receive();
          return guest.received().stream().anyMatch(frame -> Arrays.equals(frame, wanted));
        });
  }

  private static void assertReaches(Guest guest, String mac, PacketSocket station, int number) {
    byte[] there = VnicContractTest.frame(MAC_THERE, mac, number, FRAME);
    guest.send(there);
    assertThat(await(station)).isEqualTo(there);
    byte[] back = VnicContractTest.frame(mac, MAC_THERE, number + 1, FRAME);
    station.send(back);
    await(guest, back);
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "copy", "generic"})
  void guestsOfASwitch_reachTheOtherEnd_andEachOther(String mode) {
    pair(1);
    Guest a = a(",uplink=xdp:v0,xdp=" + mode);
    Guest b = b("");
    PacketSocket station = station();

    assertReaches(a, MAC_A, station, 1);
    assertReaches(b, MAC_B, station, 3);
    byte[] across = VnicContractTest.frame(MAC_B, MAC_A, 5, FRAME);
    a.send(across);
    await(b, across);

    assertThat(station.take()).as("B is known: what is to it stays here").isEmpty();
    assertThat(a.device().report().properties())
        .containsEntry("uplink", "xdp:v0")
        .containsEntry("xdp", mode);
    assertThat(b.count("uplink-link_state")).isEqualTo(1);
    assertThat(b.count("uplink-oerrors")).isZero();
    assertThat(b.count("uplink-xdp-rxdropped")).isZero();
  }

  /** Who is behind the uplink is learned: a frame to it reaches nobody else. */
  @Test
  void stationBehindTheUplink_isLearned() {
    pair(1);
    Guest a = a(",uplink=xdp:v0");
    Guest b = b(",promisc=on");
    PacketSocket station = station();
    byte[] first = VnicContractTest.frame(MAC_A, MAC_THERE, 1, FRAME);
    station.send(first);
    await(a, first);

    a.send(VnicContractTest.frame(MAC_THERE, MAC_A, 2, FRAME));

    byte[] received = await(station);
    assertThat(received).isEqualTo(VnicContractTest.frame(MAC_THERE, MAC_A, 2, FRAME));
    b.receive();
    assertThat(b.received()).noneMatch(frame -> Arrays.equals(frame, received));
  }

  /** All that the link receives is the switch's, whichever of its queues receives it. */
  @Test
  void everyQueueOfTheLink_isReceivedBy() {
    pair(2);
    Guest a = a(",uplink=xdp:v0");
    LinkConfig.Xdp config = new LinkConfig.Xdp("v1", XdpMode.COPY);
    MacAddress mac = MacAddress.parse(MAC_THERE);
    XdpVnic there =
        namespace.call(() -> XdpVnic.open(config, mac, 2, 1500, new Recorder(), new Drops("v1")));
    open.add(there);

    for (int queue = 0; queue < 2; queue++) {
      byte[] frame = VnicContractTest.frame(MAC_A, MAC_THERE, queue, FRAME);
      assertThat(there.send(queue, Recorder.batch(frame))).isEqualTo(1);
      await(a, frame);
    }
  }

  /** Nobody behind AF_XDP finishes a frame. */
  @ParameterizedTest
  @CsvSource({
    "false,true,1400,64000",
    "true,true,1400,64000",
    "false,false,1400,60000",
    "true,false,1000,60000",
    "false,true,0,1000",
    "true,false,0,1000"
  })
  void whatAGuestLeavesUndone_isDoneBeforeItLeaves(
      boolean ipv6, boolean tcp, int segment, int payload) {
    pair(1);
    Guest a = guest(MAC_A, IP_A, ",uplink=xdp:v0", ALL);
    Recorder there = new Recorder();
    LinkConfig.Xdp config = new LinkConfig.Xdp("v1", XdpMode.COPY);
    XdpVnic vnic =
        namespace.call(
            () -> XdpVnic.open(config, new MacAddress(0), 1, 1500, there, new Drops("v1")));
    open.add(vnic);
    UndoneFrame frame = UndoneFrame.of(ipv6, tcp, segment, payload);

    a.queueLong(frame.header(), frame.bytes());
    a.transmit();

    List<byte[]> received = new ArrayList<>();
    Await.until(
        frame.finished().size() + " frames",
        () -> {
          vnic.sources(0).forEach(source -> source.poll(64));
          there.take().stream()
              .filter(each -> Arrays.equals(each, 6, 12, Frames.mac(MAC_A), 0, 6))
              .forEach(received::add);
          return received.size() >= frame.finished().size();
        });
    assertThat(received).containsExactlyElementsOf(frame.finished());
    assertThat(a.count("uplink-oerrors")).isZero();
  }

  /** The link's MTU says how long they may be. */
  @ParameterizedTest
  @ValueSource(ints = {1500, 3822, 3823, 9000})
  void frameAsLongAsTheLinksMtu_goesBothWays(int mtu) {
    assumeMultiBuffer();
    pair(1, Integer.toString(mtu));
    Guest a = a(",uplink=xdp:v0,mtu=9000");
    PacketSocket station = station();
    byte[] out = VnicContractTest.frame(MAC_THERE, MAC_A, 1, mtu + VirtioNet.ETHERNET);
    byte[] back = VnicContractTest.frame(MAC_A, MAC_THERE, 2, mtu + VirtioNet.ETHERNET);

    a.queueLong(new byte[VirtioNet.HEADER], out);
    a.transmit();
    station.send(back);

    assertThat(await(station)).isEqualTo(out);
    await(a, back);
    assertThat(a.count("uplink-txtoolong") + a.count("uplink-rxtoolong")).isZero();
  }

  private void assumeMultiBuffer() {
    namespace.ipOrSkip("veth", "link", "add", "t0", "type", "veth", "peer", "name", "t1");
    LinkConfig.Xdp config = new LinkConfig.Xdp("t0", XdpMode.AUTO);
    Drops drops = new Drops("t0");
    MultiBuffer.orSkip(() ->
            namespace.call(
                () -> XdpVnic.open(config, new MacAddress(0), 1, 9000, new Recorder(), drops)))
        .close();
  }

  @Test
  void frameThatDoesNotFit_isCounted() {
    pair(1);
    Guest a = a(",uplink=xdp:v0,mtu=9000");

    a.queueLong(new byte[VirtioNet.HEADER], VnicContractTest.frame(MAC_THERE, MAC_A, 1, 8000));
    a.transmit();

    assertThat(a.count("uplink-txtoolong")).isEqualTo(1);
    assertReaches(a, MAC_A, station(), 2);
  }

  @Test
  void stateOfTheLink_isFollowed() {
    pair(1);
    Guest a = a(",uplink=xdp:v0");

    namespace.ip("link", "set", "v1", "down"); // the cable, as it were
    Await.until("the uplink to be down", () -> a.count("uplink-link_state") == 0);
    namespace.ip("link", "set", "v1", "up");
    Await.until("the uplink to be up", () -> a.count("uplink-link_state") == 1);

    assertReaches(a, MAC_A, station(), 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"xdp:v0", "v0"})
  void linkThatIsDeleted_isUsedAgain_whenItIsBack(String uplink) {
    pair(1);
    Guest a = a(",uplink=" + uplink);
    Guest b = b("");
    assertReaches(a, MAC_A, station(), 1);

    namespace.ip("link", "del", "v0");
    Await.until("the uplink to be gone", () -> a.count("uplink-link_state") == 0);
    a.send(VnicContractTest.frame(MAC_THERE, MAC_A, 3, FRAME)); // it may be in the ring already
    a.send(VnicContractTest.frame(MAC_THERE, MAC_A, 3, FRAME));
    assertThat(a.count("uplink-oerrors")).isPositive();
    byte[] across = VnicContractTest.frame(MAC_B, MAC_A, 4, FRAME);
    a.send(across);
    await(b, across); // guests reach each other all the same
    pair(1);
    Await.until("the uplink to be back", () -> a.count("uplink-link_state") == 1);

    assertReaches(a, MAC_A, station(), 5);
  }

  @Test
  void linkThatIsBackWithFewerQueues_isUsedByThem() {
    pair(2);
    Guest a = a(",uplink=xdp:v0");
    namespace.ip("link", "del", "v0");
    Await.until("the uplink to be gone", () -> a.count("uplink-link_state") == 0);
    pair(1);
    Await.until("the uplink to be back", () -> a.count("uplink-link_state") == 1);

    assertReaches(a, MAC_A, station(), 1);
  }

  @Test
  void whatCannotBeHad_isNamed_andLeavesNothing() {
    pair(1);
    assertRefused(",uplink=xdp:v9", "there is no link v9");
    assertRefused(",uplink=v0,xdp=copy", "xdp= is of no use to kind=etherstub");
    assertRefused(",uplink=xdp:v0,xdp=fast", "xdp=fast");
    assertRefused(",uplink=xdp:,xdp=copy", "uplink=");
    Guest a = a(",uplink=xdp:v0,xdp=copy");
    assertRefused(",uplink=v0", "uplink=v0: etherstub " + stub + " is joined to xdp:v0,xdp=copy");
    String other = Devices.stubName();
    assertThatThrownBy(() ->
            namespace.call(() ->
                NetDevice.open(
                    Devices.config(
                        "vnic,id=net9,over=" + other + ",macaddr=" + MAC_B + ",uplink=xdp:v0"))))
        .isInstanceOf(SpecException.class)
        .hasMessageStartingWith("vnic net9: v0 has an XDP program already");

    assertReaches(a, MAC_A, station(), 1);
  }

  private void assertRefused(String properties, String message) {
    assertThatThrownBy(() -> b(properties))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining(message);
  }

  /** The link is the host's again when the last guest has left. */
  @Test
  void linkIsFree_afterTheLastVnic() throws Exception {
    pair(1);
    Guest a = a(",uplink=xdp:v0");
    open.remove(a);
    a.close();

    assertReaches(a(",uplink=xdp:v0"), MAC_A, station(), 1);
  }
}
