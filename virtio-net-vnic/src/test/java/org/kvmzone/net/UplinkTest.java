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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.packet.testing.Frames;

/** Guests on a switch that is joined to a link of the kernel's, in a namespace. */
class UplinkTest {
  private static final String HOST = "192.0.2.99";

  /** The last byte of a frame's source address. */
  private static final int SENDER = 11;

  /** That of a UDP datagram's source port. */
  private static final int PORT = 35;

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

  private Guest guest(String on, String mac, String ip, String properties) {
    NetConfig config =
        Devices.config(
            "vnic,id=net%d,over=%s,macaddr=%s,allowed-ips.0=%s%s"
                .formatted(open.size(), on, mac, ip, properties));
    Guest guest = namespace.call(() -> new Guest(NetDevice.open(config)));
    open.add(guest);
    guest.offer(100, 2048);
    return guest;
  }

  private void up(String name) {
    namespace.ip("link", "set", name, "up", "addrgenmode", "none");
  }

  private void address(String name) {
    namespace.ip("addr", "add", HOST + "/24", "dev", name);
    up(name);
  }

  private static byte[] await(Guest guest, int etherType) {
    List<byte[]> found = new ArrayList<>();
    Await.until(
        "a frame of type " + Integer.toHexString(etherType),
        () -> {
          guest.receive();
          guest.received().stream()
              .filter(frame -> ((frame[12] & 0xff) << 8 | (frame[13] & 0xff)) == etherType)
              .forEach(found::add);
          return !found.isEmpty();
        });
    return found.getFirst();
  }

  private static void assertPings(Guest guest, String mac, String ip) {
    guest.receive();
    guest.received(); // what others have asked all
    guest.send(Frames.ethernet(Frames.BROADCAST, mac, 0x806, Frames.arp(1, mac, ip, HOST)));
    byte[] there = Frames.slice(await(guest, 0x806), 6, 12);
    byte[] data = new byte[1400];
    data[7] = 8;
    byte[] packet = Frames.ipv4(ip, HOST, 1, Frames.echo(8, data));
    guest.send(Frames.join(there, Frames.mac(mac), Frames.u16(0x800), packet));

    byte[] pong = await(guest, 0x800);

    assertThat(pong[34]).as("ICMP echo reply").isZero();
    assertThat(Frames.slice(pong, 42, pong.length)).isEqualTo(data);
  }

  @Test
  void guestsOfASwitch_pingTheHost() {
    Guest a = guest(stub, MAC_A, IP_A, ",uplink=tap0");
    Guest b = guest(stub, MAC_B, IP_B, "");
    address("tap0");

    assertPings(a, MAC_A, IP_A);
    assertPings(b, MAC_B, IP_B);

    assertThat(a.device().report().properties()).containsEntry("uplink", "tap0");
    assertThat(b.count("uplink-oerrors")).isZero();
    assertThat(b.count("rxfiltered")).as("the host is known: A's frames go there alone").isZero();
  }

  /** Through packet sockets: a VLAN's tag is not in the frames that the kernel hands over. */
  @ParameterizedTest
  @ValueSource(ints = {0, 10})
  void anyLinkOfTheHost_willDo(int vlan) {
    namespace.ipOrSkip("veth", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    up("v0");
    up("v1");
    Guest a = guest(stub, MAC_A, IP_A, ",uplink=v0,vlan_id=" + vlan);
    String there = Devices.stubName();
    Guest b = guest(there, MAC_B, IP_B, ",uplink=v1,vlan_id=" + vlan);
    byte[] request =
        Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, IP_B));

    a.send(request);

    assertThat(await(b, 0x806)).isEqualTo(request);
    if (vlan == 0) {
      address("v1");
      assertPings(a, MAC_A, IP_A);
    }
  }

  @Test
  void guestOfAVlan_pingsTheHostsVlan() {
    Guest a = guest(stub, MAC_A, IP_A, ",uplink=tap0,vlan_id=10");
    up("tap0");
    namespace.ipOrSkip(
        "VLAN interfaces (8021q)",
        "link",
        "add",
        "link",
        "tap0",
        "name",
        "v10",
        "type",
        "vlan",
        "id",
        "10");
    address("v10");

    assertPings(a, MAC_A, IP_A);
  }

  @Test
  void vlansCrossTheKernel_withTheirTags() {
    Guest a = guest(stub, MAC_A, IP_A, ",uplink=tap0,vlan_id=10");
    String there = Devices.stubName();
    Guest b = guest(there, MAC_B, IP_B, ",uplink=tap1,vlan_id=10");
    Guest trunk = guest(there, "52:54:00:00:00:0c", "192.0.2.12", ",trunks=10,promisc=on");
    Guest other = guest(there, "52:54:00:00:00:0d", "192.0.2.13", ",vlan_id=20");
    namespace.ipOrSkip("bridge", "link", "add", "br0", "type", "bridge");
    for (String port : List.of("tap0", "tap1")) {
      namespace.ip("link", "set", port, "master", "br0");
      up(port);
    }
    up("br0");
    byte[] request =
        Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, IP_B));

    // A bridge whose port has just come up may still be listening.
    Await.until(
        "B to hear A",
        () -> {
          a.send(request);
          b.receive();
          return b.received().stream().anyMatch(frame -> Arrays.equals(frame, request));
        });
    assertThat(await(trunk, 0x8100)).isEqualTo(Frames.tagged(10, request));
    b.send(Frames.ethernet(MAC_A, MAC_B, 0x806, Frames.arp(2, MAC_B, IP_B, IP_A)));

    assertThat(await(a, 0x806)).startsWith(Frames.mac(MAC_A)).hasSize(42);
    other.receive();
    assertThat(other.received())
        .noneMatch(frame -> ((frame[12] & 0xff) << 8 | (frame[13] & 0xff)) == 0x806);
  }

  @Test
  void oneSwitch_oneUplink_untilItsLastVnicLeaves() throws Exception {
    Guest a = guest(stub, MAC_A, IP_A, ",uplink=tap0");
    Guest b = guest(stub, MAC_B, IP_B, ",uplink=tap0");
    assertThatThrownBy(() -> guest(stub, "52:54:00:00:00:0c", IP_B, ",uplink=tap1"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("uplink=tap1: etherstub " + stub + " is joined to tap0");
    address("tap0");
    open.remove(a);
    a.close();

    assertPings(b, MAC_B, IP_B);

    open.remove(b);
    b.close();
    Guest again = guest(stub, MAC_A, IP_A, "");
    assertThat(again.count("uplink-oerrors")).as("there is none").isEqualTo(-1);
    namespace.ip("tuntap", "add", "tap0", "mode", "tap"); // its name is free
  }

  @Test
  void uplinkThatCannotBeHad_isNamed_andLeavesNothing() {
    Fd held = namespace.call(() -> Fd.open("/dev/net/tun", Fcntl.O_RDWR));
    open.add(held);
    TapVnic.attach(held, "tap0", false);

    assertThatThrownBy(() -> guest(stub, MAC_A, IP_A, ",uplink=tap0"))
        .isInstanceOf(SpecException.class)
        .hasMessage("vnic net1: tap tap0 is in use by another process");

    held.close();
    Guest guest = guest(stub, MAC_A, IP_A, ",uplink=tap0");
    address("tap0");
    assertPings(guest, MAC_A, IP_A);
  }

  @Test
  void linkThatIsDown_losesFrames_andCountsThem() {
    Guest a = guest(stub, MAC_A, IP_A, ",uplink=tap0");

    a.send(Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, HOST)));

    assertThat(a.count("uplink-oerrors")).isEqualTo(1);
    address("tap0");
    assertPings(a, MAC_A, IP_A);
  }

  /** A link v0 that takes less than anybody has to send; and what sees that arrive. */
  private PacketSocket slowLink(int etherType) {
    namespace.ipOrSkip("veth", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    up("v0");
    up("v1");
    namespace.tcOrSkip(
        "tbf", "qdisc add dev v0 root tbf rate 8mbit burst 4kb limit 4mb".split(" "));
    PacketSocket far = namespace.call(() -> new PacketSocket("v1", etherType));
    open.add(far);
    far.keep(4000);
    return far;
  }

  /** Each guest has a thread of its own, and far more to send than the link carries. */
  @Test
  @Timeout(60)
  void fullLink_isSharedByPriority() {
    PacketSocket far = slowLink(PacketSocket.ETHER_TYPE);
    List<SteadyNic> senders = new ArrayList<>();
    for (Priority priority : Priority.values()) {
      senders.add(sender(priority));
    }
    pump(senders);
    count(far, 300, SENDER); // what the link took before it was full

    int[] frames = count(far, 1400, SENDER);

    double part = frames[1];
    assertThat(frames[2] / part).as("medium beside low").isBetween(1.8, 2.2);
    assertThat(frames[4] / part).as("high beside low").isBetween(3.6, 4.4);
  }

  /** One guest's flows divide its part; another one without any has as much as both. */
  @Test
  @Timeout(60)
  void fullLink_isSharedByGuests_andByTheirFlows() {
    PacketSocket far = slowLink(0x800);
    String flow = ",flow.%1$s=transport=udp,,local_port=%2$d,,priority=%1$s";
    List<SteadyNic> senders =
        List.of(
            sender(1, flow.formatted("high", 4) + flow.formatted("low", 1), udp(1, 4), udp(1, 1)),
            sender(2, "", udp(2, 2)));
    pump(senders);
    count(far, 300, PORT); // what the link took before it was full

    int[] frames = count(far, 1400, PORT);

    assertThat(frames[4] / (double) frames[1]).as("high beside low").isBetween(3.6, 4.4);
    assertThat((frames[4] + frames[1]) / (double) frames[2])
        .as("a guest beside another")
        .isBetween(0.9, 1.1);
  }

  /** A frame of one length, by its sender and its source port. */
  private static byte[] udp(int sender, int port) {
    return Frames.udpFrame(Frames.BROADCAST, mac(sender), IP_A, IP_B, port, 9, new byte[1400]);
  }

  private static String mac(int number) {
    return "52:54:00:00:00:0" + number;
  }

  private SteadyNic sender(Priority priority) {
    int number = priority.share();
    byte[] frame =
        Frames.ethernet(Frames.BROADCAST, mac(number), PacketSocket.ETHER_TYPE, new byte[1400]);
    return sender(number, ",priority=" + priority, frame);
  }

  private SteadyNic sender(int number, String properties, byte[]... frames) {
    String device =
        "vnic,id=net%d,over=%s,uplink=v0,macaddr=%s,ip-nospoof=off,restricted=off%s"
            .formatted(open.size(), stub, mac(number), properties);
    NetDevice net = namespace.call(() -> NetDevice.open(Devices.config(device)));
    net.negotiated(Guest.MODERN);
    QueueLoop loop = new QueueLoop("sender", 32_000, death -> {});
    loop.start();
    SteadyNic nic = SteadyNic.sender(net, loop, 0, frames);
    open.addAll(List.of(net, loop, nic));
    return nic.begin();
  }

  /** Has all send whatever they may, until the test ends. */
  private void pump(List<SteadyNic> senders) {
    Thread pump =
        Thread.ofPlatform()
            .start(() -> {
              while (!Thread.currentThread().isInterrupted()) {
                senders.forEach(sender -> sender.run(0));
              }
            });
    open.add(() -> {
      pump.interrupt();
      pump.join();
    });
  }

  /** How many of the next frames have which value in one of their bytes. */
  private static int[] count(PacketSocket far, int frames, int where) {
    int[] counts = new int[5];
    Await.until(
        frames + " frames",
        () -> {
          for (byte[] frame : far.take()) {
            counts[frame[where]]++;
          }
          return Arrays.stream(counts).sum() >= frames;
        });
    return counts;
  }
}
