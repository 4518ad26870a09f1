package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SockaddrLl;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.packet.testing.Frames;

/** Guests over a link of the host: one end of a veth pair, by each kind of VNIC that takes it. */
class HostLinkTest {
  private final NetNamespace namespace = NetNamespace.withTun();
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void pair() {
    namespace.ipOrSkip("veth", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    namespace.ip("link", "set", "v0", "up", "addrgenmode", "none");
    namespace.ip("addr", "add", IP_B + "/24", "dev", "v1");
    namespace.ip("link", "set", "v1", "up", "addrgenmode", "none");
    namespace.awaitRunning("v0");
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    namespace.close();
  }

  private NetDevice device(String properties) {
    NetConfig config =
        Devices.config("vnic,id=net0,macaddr=" + MAC_A + ",allowed-ips.0=" + IP_A + properties);
    return namespace.call(() -> NetDevice.open(config));
  }

  private Guest guest(String properties) {
    Guest guest = new Guest(device(properties));
    open.add(guest);
    if (properties.contains("kind=macvtap")) {
      namespace.awaitRunning(guest.device().report().properties().getOrDefault("ifname", ""));
    }
    guest.offer(100, 2048);
    return guest;
  }

  private static byte[] await(Guest guest, int etherType) {
    List<byte[]> found = new ArrayList<>();
    Await.until(
        "a frame of type " + Integer.toHexString(etherType),
        () -> {
          guest.device().sources(0).forEach(source -> source.poll(64));
          guest.receive();
          guest.received().stream()
              .filter(frame -> ((frame[12] & 0xff) << 8 | (frame[13] & 0xff)) == etherType)
              .forEach(found::add);
          return !found.isEmpty();
        });
    return found.getFirst();
  }

  private static void assertPings(Guest guest) {
    guest.send(Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, IP_B)));
    byte[] there = Frames.slice(await(guest, 0x806), 6, 12);
    byte[] packet = Frames.ipv4(IP_A, IP_B, 1, Frames.echo(8, new byte[1400]));
    guest.send(Frames.join(there, Frames.mac(MAC_A), Frames.u16(0x800), packet));

    byte[] pong = await(guest, 0x800);

    assertThat(pong[34]).as("ICMP echo reply").isZero();
    assertThat(pong).hasSize(14 + 28 + 1400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"macvtap", "packet", "xdp"})
  void guest_pingsTheOtherEnd(String kind) {
    Guest guest = guest(",over=v0,kind=" + kind);

    assertPings(guest);

    assertThat(guest.count("oerrors")).isZero();
    assertThat(guest.device().report().properties())
        .containsEntry("kind", kind)
        .containsEntry("over", "v0");
  }

  /** Whatever queue the kernel chooses, a guest with one receives it. */
  @ParameterizedTest
  @ValueSource(strings = {"macvtap", "packet"})
  void severalQueues_areSeveralDescriptors(String kind) {
    Guest guest = guest(",over=v0,queues=4,threads=2,kind=" + kind);

    assertThat(guest.device().sources(0)).hasSize(4);
    for (int i = 0; i < 5; i++) {
      assertPings(guest);
    }
  }

  @Test
  void macvtap_isMade_andRemoved() {
    NetDevice device = device(",over=v0,kind=macvtap,ifname=guest0");
    namespace.ip("link", "show", "guest0");

    device.close();

    assertThat(namespace.call(() -> exists("guest0"))).isFalse();
  }

  @Test
  void macvtapThatIsThere_isUsed_andStays() {
    macvtap();
    Guest guest = guest(",over=v0,kind=macvtap,ifname=mine");

    assertPings(guest);
    guest.device().close();

    assertThat(namespace.call(() -> exists("mine"))).isTrue();
  }

  /** As an operator makes one, but for its number, which names its node in all namespaces. */
  private void macvtap() {
    String index = Integer.toString(ThreadLocalRandom.current().nextInt(1 << 20, 1 << 24));
    namespace.ip(
        "link", "add", "link", "v0", "name", "mine", "index", index, "address", MAC_A, "type",
        "macvtap", "mode", "bridge");
  }

  private static boolean exists(String name) {
    try (Rtnetlink kernel = new Rtnetlink()) {
      return kernel.find(name).isPresent();
    }
  }

  @Test
  void macvtapsOfOneLink_reachEachOther() {
    Guest a = guest(",over=v0,kind=macvtap,ifname=a");
    NetConfig config =
        Devices.config("vnic,id=net1,kind=macvtap,over=v0,macaddr=" + MAC_B + ",ip-nospoof=off");
    Guest b = namespace.call(() -> new Guest(NetDevice.open(config)));
    open.add(b);
    b.offer(100, 2048);
    namespace.awaitRunning("net1");

    a.send(Frames.ethernet(MAC_B, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, IP_B)));

    assertThat(await(b, 0x806)).startsWith(Frames.mac(MAC_B));
  }

  @Test
  void descriptorsHandedOver_areTakenOver() {
    macvtap();
    namespace.ip("link", "set", "mine", "up");
    int index =
        namespace.call(() -> {
          try (Rtnetlink kernel = new Rtnetlink()) {
            return kernel.find("mine").orElseThrow().index();
          }
        });
    Fd tap = Fd.open("/dev/tap" + index, Fcntl.O_RDWR);
    TapVnic.attach(tap, "mine", false);

    assertPings(guest(",fd=" + tap.release()));
  }

  @Test
  void packetSocketHandedOver_isTakenOver() {
    namespace.ip("link", "set", "v0", "promisc", "on");
    int socket =
        namespace.call(() -> {
          try (Rtnetlink kernel = new Rtnetlink();
              Arena arena = Arena.ofConfined()) {
            int index = kernel.find("v0").orElseThrow().index();
            int made = SysSocket.socket(SysSocket.AF_PACKET, SysSocket.SOCK_RAW, 0);
            MemorySegment address = SockaddrLl.of(arena, index, 3);
            Errno.check(SysSocket.bind(made, address, SockaddrLl.SIZE), "bind");
            return made;
          }
        });

    assertPings(guest(",fd=" + socket));
  }

  @Test
  void whatCannotBeHad_isNamed() {
    assertRefused(",kind=packet,over=none", "there is no link none");
    assertRefused(",kind=xdp,over=none", "there is no link none");
    assertRefused(",kind=macvtap,over=none", "no link over=none");
    assertRefused(",kind=macvtap,over=v0,ifname=v1", "v1 is a link that is no macvtap");
    namespace.ip("link", "add", "br0", "type", "bridge");
    namespace.ip("link", "set", "v0", "master", "br0");
    assertRefused(",kind=macvtap,over=v0", "over=v0: it is in a bridge");
  }

  private void assertRefused(String properties, String message) {
    assertThatThrownBy(() -> device(properties))
        .isInstanceOf(SpecException.class)
        .hasMessageStartingWith("vnic net0: " + message);
  }

  /** A tag that the kernel keeps beside the frame is put back, whatever the frame's length. */
  @ParameterizedTest
  @ValueSource(ints = {46, 1500})
  void tags_arePutBack(int length) {
    Guest guest = guest(",over=v0,kind=packet,trunks=7,mtu=1500");
    PacketSocket there = namespace.call(() -> new PacketSocket("v1"));
    open.add(there);
    byte[] frame = Frames.tagged(0x6007, Frames.ethernet(MAC_A, MAC_B, 0x88b5, new byte[length]));

    there.send(frame);

    assertThat(await(guest, 0x8100)).isEqualTo(frame);
  }

  /** A link that is down is told once; when it is up again, frames come and go as before. */
  @ParameterizedTest
  @ValueSource(strings = {"macvtap", "packet", "xdp"})
  void linkThatWasDown_works(String kind) {
    Guest guest = guest(",over=v0,kind=" + kind);
    assertPings(guest);
    namespace.ip("link", "set", "v0", "down");
    guest.send(Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, IP_B)));
    guest.device().sources(0).forEach(source -> source.poll(64));
    namespace.ip("link", "set", "v0", "up");
    namespace.awaitRunning("v0");
    namespace.awaitRunning("v1"); // it was without a carrier, and answers nothing as long
    namespace.awaitRunning(kind.equals("macvtap") ? "net0" : "v0");

    assertPings(guest);
  }
}
