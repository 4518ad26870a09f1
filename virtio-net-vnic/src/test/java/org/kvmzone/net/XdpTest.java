package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.Frames;

/** AF_XDP on one end of a veth pair, besides what {@link XdpContractTest} asks. */
class XdpTest {
  private static final int MTU = 1500;
  private static final MacAddress MAC = MacAddress.parse(MAC_A);

  private final NetNamespace namespace = NetNamespace.withTun();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final Recorder guest = new Recorder();
  private final Drops drops = new Drops("net0");

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    namespace.close();
  }

  private void pair(int queues) {
    String each = Integer.toString(queues);
    namespace.ipOrSkip(
        "veth",
        "link",
        "add",
        "v0",
        "numrxqueues",
        each,
        "numtxqueues",
        each,
        "type",
        "veth",
        "peer",
        "name",
        "v1",
        "numrxqueues",
        each,
        "numtxqueues",
        each);
    for (String end : List.of("v0", "v1")) {
      namespace.ip("link", "set", end, "up", "addrgenmode", "none");
    }
    namespace.awaitRunning("v0");
  }

  private XdpVnic vnic(XdpMode mode, int queues) {
    return vnic(new LinkConfig.Xdp("v0", mode), queues, guest);
  }

  private XdpVnic vnic(String link, int queues, Recorder client) {
    return vnic(new LinkConfig.Xdp(link, XdpMode.COPY), queues, client);
  }

  private XdpVnic vnic(LinkConfig.Xdp config, int queues, Recorder client) {
    XdpVnic vnic = namespace.call(() -> XdpVnic.open(config, MAC, queues, MTU, client, drops));
    open.add(vnic);
    return vnic;
  }

  private PacketSocket station() {
    PacketSocket station = namespace.call(() -> new PacketSocket("v1"));
    open.add(station);
    return station;
  }

  private NetDevice device(String properties) {
    NetConfig config =
        Devices.config("vnic,id=net0,macaddr=" + MAC_A + ",allowed-ips.0=" + IP_A + properties);
    return namespace.call(() -> NetDevice.open(config));
  }

  private void assertRefused(String properties, String message) {
    assertThatThrownBy(() -> device(properties))
        .isInstanceOf(SpecException.class)
        .hasMessageStartingWith("vnic net0: " + message);
  }

  private static byte[] datagram(int port) {
    byte[] udp = Frames.udp(IP_B, IP_A, port, 9, new byte[20]);
    return Frames.ethernet(MAC_A, MAC_B, 0x800, Frames.ipv4(IP_B, IP_A, 17, udp));
  }

  /** Each queue of the link is a queue of the guest's, both ways. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void queueOfTheLink_isAQueueOfTheGuests(int queue) {
    pair(2);
    Recorder other = new Recorder();
    XdpVnic here = vnic("v0", 2, guest);
    XdpVnic there = vnic("v1", 2, other);

    assertThat(here.send(queue, Recorder.batch(datagram(1)))).isEqualTo(1);
    assertThat(there.send(queue, Recorder.batch(datagram(2)))).isEqualTo(1);

    assertThat(await(there, queue, other)).containsExactly(datagram(1));
    assertThat(await(here, queue, guest)).containsExactly(datagram(2));
    assertThat(poll(here.sources(1 - queue))).isZero();
    assertThat(poll(there.sources(1 - queue))).isZero();
  }

  private static List<byte[]> await(Vnic vnic, int queue, Recorder client) {
    List<byte[]> frames = new ArrayList<>();
    Await.until(
        "a frame by queue " + queue,
        () -> {
          poll(vnic.sources(queue));
          return frames.addAll(client.take());
        });
    return frames;
  }

  private static int poll(List<EventSource> sources) {
    return sources.stream().mapToInt(source -> source.poll(64)).sum();
  }

  private static boolean isDatagram(byte[] frame) {
    return frame[12] == 8 && frame[13] == 0;
  }

  @Test
  void guest_servesSeveralQueues() {
    pair(4);
    Guest several = new Guest(device(",kind=xdp,over=v0,queues=4,threads=2"));
    open.add(several);

    assertThat(several.device().sources(0)).hasSize(4);
  }

  /**
   * A sender on this host leaves its checksum to a card that is none: who takes it so gets it so.
   */
  @ParameterizedTest
  @CsvSource({"copy,true", "copy,false", "generic,true", "generic,false"})
  void datagramOfThisHost_hasItsChecksum_orLeavesItUndone(String mode, boolean takesUndone)
      throws Exception {
    pair(1);
    namespace.ip("addr", "add", IP_B + "/24", "dev", "v1");
    namespace.ip("neigh", "add", IP_A, "lladdr", MAC_A, "dev", "v1");
    long features = Guest.MODERN | (takesUndone ? VirtioNet.GUEST_CSUM : 0);
    Guest receiver = new Guest(device(",kind=xdp,over=v0,xdp=" + mode), features);
    open.add(receiver);
    receiver.offer(100, Guest.BUFFER);
    byte[] data = new byte[999];
    Arrays.fill(data, (byte) 7);

    namespace.call(() -> {
      try (DatagramSocket socket = new DatagramSocket()) {
        InetAddress to = InetAddress.getByName(IP_A);
        socket.send(new DatagramPacket(data, data.length, to, 9));
        return true;
      }
    });

    byte[] frame = awaitDatagram(receiver);
    byte[] header = receiver.headers().getFirst();
    byte[] udp = Frames.slice(frame, 34, frame.length);
    byte[] pseudo =
        Frames.join(Frames.ip(IP_B), Frames.ip(IP_A), Frames.u16(17), Frames.u16(udp.length));
    if (takesUndone) {
      assertThat(header).startsWith(VirtioNet.NEEDS_CSUM, 0, 0, 0, 0, 0, 34, 0, 6, 0);
      assertThat(Frames.checksum(pseudo))
          .isEqualTo(~((udp[6] & 0xff) << 8 | (udp[7] & 0xff)) & 0xffff);
    } else {
      assertThat(header).startsWith(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      assertThat(Frames.checksum(Frames.join(pseudo, udp))).as("checksum").isZero();
    }
  }

  private static byte[] awaitDatagram(Guest receiver) {
    List<byte[]> found = new ArrayList<>();
    Await.until(
        "a datagram",
        () -> {
          receiver.device().sources(0).forEach(source -> source.poll(1));
          receiver.receive();
          receiver.received().stream().filter(XdpTest::isDatagram).forEach(found::add);
          return !found.isEmpty();
        });
    return found.getFirst();
  }

  /** The guest's TCP and UDP are whole before they leave: nobody behind it finishes them. */
  @Test
  void guest_isNotOfferedToLeaveAnythingUndone() {
    pair(1);
    try (NetDevice device = device(",kind=xdp,over=v0")) {
      assertThat(device.features() & Offloads.ALL).isEqualTo(VirtioNet.GUEST_CSUM);
    }
  }

  /** A slow link below: what the socket has no room for stays in the guest's ring. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void fullRing_makesTheGuestWait_andLosesNothing(int threads) {
    int count = 2500;
    pair(1);
    namespace.tcOrSkip(
        "tbf", "qdisc", "add", "dev", "v0", "root", "tbf", "rate", "500kbit", "burst", "4k",
        "limit", "10mb");
    namespace.ipOrSkip(
        "macvlan", "link", "add", "link", "v0", "name", "m0", "type", "macvlan", "mode", "bridge");
    namespace.ip("link", "set", "m0", "up", "addrgenmode", "none");
    namespace.awaitRunning("m0");
    PacketSocket station = station();
    station.keep(count);
    String properties = ",kind=xdp,over=m0,ip-nospoof=off,restricted=off,threads=" + threads;
    List<Integer> sent = new ArrayList<>();
    List<Integer> received = new ArrayList<>();
    AtomicInteger returned = new AtomicInteger();
    try (LoopGuest loop = new LoopGuest(device(properties))) {
      Await.until(
          count + " frames to arrive",
          () -> {
            returned.addAndGet(loop.guest.sent());
            while (sent.size() < count && sent.size() - returned.get() < Guest.RING) {
              loop.guest.queue(numbered(sent.size()));
              sent.add(sent.size());
              loop.kick();
            }
            station.take().forEach(frame -> received.add(number(frame)));
            return received.size() >= count;
          });
      assertThat(loop.guest.count("oerrors")).isZero();
      assertThat(loop.guest.count("blockcnt")).as("waited").isPositive();
    }
    // Each CPU hands over by itself what it has sent by a veth: not all in one order.
    assertThat(received).containsExactlyInAnyOrderElementsOf(sent);
  }

  private static byte[] numbered(int number) {
    byte[] payload = Frames.join(Frames.u16(number), new byte[44]);
    return Frames.ethernet(MAC_B, MAC_A, PacketSocket.ETHER_TYPE, payload);
  }

  private static int number(byte[] frame) {
    return (frame[14] & 0xff) << 8 | (frame[15] & 0xff);
  }

  /**
   * Frames for which the guest has no room wait in the ring; the kernel counts what is too much.
   */
  @Test
  void guestWithoutRoom_findsTheOldestFrames() {
    pair(1);
    XdpVnic vnic = vnic(XdpMode.COPY, 1);
    PacketSocket station = station();
    guest.ready(false);
    int more = XdpSocket.RECEIVING + 100;
    List<byte[]> sent = new ArrayList<>();
    for (int i = 0; i < more; i++) {
      sent.add(datagram(1000 + i));
      station.send(sent.getLast());
      poll(vnic.sources(0));
    }
    Await.until("some to be lost", () -> lost(vnic) > 0);
    guest.ready(true);

    List<byte[]> received = new ArrayList<>();
    Await.until(
        "what was kept",
        () -> {
          poll(vnic.sources(0));
          guest.take().stream().filter(XdpTest::isDatagram).forEach(received::add);
          return received.size() + lost(vnic) >= more;
        });
    assertThat(received).containsExactlyElementsOf(sent.subList(0, received.size()));
    assertThat(received).hasSizeGreaterThanOrEqualTo(XdpSocket.RECEIVING - FrameBatch.MAX_FRAMES);
  }

  private static long lost(Vnic vnic) {
    Map<String, Long> sums = new HashMap<>();
    vnic.addTo(sums);
    return sums.values().stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void linkThatIsDown_losesFrames_andCountsThem() {
    pair(1);
    XdpVnic vnic = vnic(XdpMode.COPY, 1);
    PacketSocket station = station();
    byte[] frame = VnicContractTest.frame(MAC_B, MAC_A, 1, 60);
    namespace.ip("link", "set", "v0", "down");

    for (int i = 0; i < 3 * XdpSocket.SENDING; i++) {
      assertThat(vnic.send(0, Recorder.batch(frame))).isEqualTo(1);
    }

    assertThat(drops.of(Drop.LINK_ERROR)).as("all but what was in the ring").isPositive();
    namespace.ip("link", "set", "v0", "up");
    namespace.awaitRunning("v0");
    station.take();
    byte[] last = VnicContractTest.frame(MAC_B, MAC_A, 2, 60);
    assertThat(vnic.send(0, Recorder.batch(last))).isEqualTo(1);
    List<byte[]> there = new ArrayList<>();
    Await.until(
        "the frame", () -> there.addAll(station.take()) && Arrays.equals(there.getLast(), last));
  }

  /** The queue is free as soon as it is closed, and nothing is left on the link. */
  @Test
  void linkThatWasClosed_canBeOpenedAtOnce() {
    pair(1);
    for (XdpMode mode : List.of(XdpMode.COPY, XdpMode.GENERIC, XdpMode.AUTO)) {
      vnic(mode, 1).close();
    }
    XdpVnic vnic = vnic(XdpMode.COPY, 1);

    station().send(VnicContractTest.frame(MAC_A, MAC_B, 1, 60));

    Await.until(
        "a frame",
        () -> {
          poll(vnic.sources(0));
          return !guest.take().isEmpty();
        });
  }

  @Test
  void whatCannotBeHad_isNamed() {
    pair(1);
    assertRefused(",kind=xdp,over=v0,queues=2", "v0 receives by 1 queue(s), too few for queues=2");
    vnic(XdpMode.COPY, 1);

    assertRefused(",kind=xdp,over=v0", "v0 has an XDP program already");
  }

  /** Queues beyond the guest's are the host's. */
  @Test
  void queueWithoutASocket_goesToTheHost() {
    pair(2);
    XdpVnic vnic = vnic("v0", 1, guest);
    XdpVnic there = vnic("v1", 2, new Recorder());
    PacketSocket host = namespace.call(() -> new PacketSocket("v0"));
    open.add(host);
    byte[] first = VnicContractTest.frame(MAC_A, MAC_B, 1, 60);
    byte[] second = VnicContractTest.frame(MAC_A, MAC_B, 2, 60);

    there.send(1, Recorder.batch(second));
    there.send(0, Recorder.batch(first));

    List<byte[]> ofTheHost = new ArrayList<>();
    List<byte[]> ofTheGuest = new ArrayList<>();
    Await.until(
        "both frames",
        () -> {
          ofTheHost.addAll(host.take());
          poll(vnic.sources(0));
          ofTheGuest.addAll(guest.take());
          return !ofTheHost.isEmpty() && !ofTheGuest.isEmpty();
        });
    assertThat(ofTheHost).containsExactly(second);
    assertThat(ofTheGuest).containsExactly(first);
  }

  /** veth's driver cannot; where a driver can, frames go both ways without a copy. */
  @Test
  void zeroCopy_whereTheDriverHasIt() {
    pair(1);
    XdpVnic vnic;
    try {
      vnic = vnic(XdpMode.ZEROCOPY, 1);
    } catch (IllegalArgumentException refused) {
      assertThat(refused).hasMessage("the driver of v0 cannot do xdp=zerocopy: leave xdp= out");
      abort("veth has no zero-copy in this kernel: not tested");
      return;
    }
    byte[] frame = VnicContractTest.frame(MAC_B, MAC_A, 1, 60);
    PacketSocket station = station();
    vnic.send(0, Recorder.batch(frame));
    List<byte[]> there = new ArrayList<>();
    Await.until("a frame", () -> there.addAll(station.take()));
    assertThat(there).containsExactly(frame);
  }
}
