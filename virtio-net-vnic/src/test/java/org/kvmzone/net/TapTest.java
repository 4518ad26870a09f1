package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Ifreq;
import org.kvmzone.bridge.ffi.LinuxIfTun;
import org.kvmzone.bridge.ffi.SysIoctl;
import org.kvmzone.packet.testing.Frames;

/** A guest on a tap, with the host's kernel at the other end; and taps that cannot be had. */
class TapTest {
  private static final int IFF_TUN = 1; // packets without Ethernet headers
  private static final int FLAGS =
      LinuxIfTun.IFF_TAP | LinuxIfTun.IFF_NO_PI | LinuxIfTun.IFF_VNET_HDR;

  private final NetNamespace namespace = NetNamespace.withTun();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    namespace.close();
  }

  private NetDevice device(String properties) {
    return namespace.call(() ->
        NetDevice.open(
            Devices.config(
                "vnic,id=net0,macaddr="
                    + MAC_A
                    + ",allowed-ips.0="
                    + IP_A
                    + ",kind=tap"
                    + properties)));
  }

  private Guest guest(String properties) {
    Guest guest = new Guest(device(properties));
    open.add(guest);
    guest.offer(100, 2048);
    return guest;
  }

  private Fd tap(String name, int flags) {
    Fd fd = namespace.call(() -> Fd.open("/dev/net/tun", Fcntl.O_RDWR));
    open.add(fd);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = Ifreq.allocate(arena, name, flags);
      Errno.check(
          SysIoctl.ioctl(fd.number(), LinuxIfTun.TUNSETIFF, request.address()), "TUNSETIFF");
    }
    return fd;
  }

  private static byte[] arpRequest() {
    return Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, IP_B));
  }

  private static byte[] ping(byte[] arpReply, byte[] data) {
    byte[] packet = Frames.ipv4(IP_A, IP_B, 1, Frames.echo(8, data));
    return Frames.join(Frames.slice(arpReply, 6, 12), Frames.mac(MAC_A), Frames.u16(0x800), packet);
  }

  /** The next frame of an EtherType that comes in; what else the kernel says is left aside. */
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

  private void assertPings(Guest guest) {
    guest.send(arpRequest());
    byte[] reply = await(guest, 0x806);
    byte[] data = new byte[1400];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) i;
    }
    guest.send(ping(reply, data));

    byte[] pong = await(guest, 0x800);

    assertThat(Frames.slice(pong, 0, 6)).isEqualTo(Frames.mac(MAC_A));
    assertThat(pong[34]).as("ICMP echo reply").isZero();
    assertThat(Frames.slice(pong, 42, pong.length)).isEqualTo(data);
  }

  private void up(String name) {
    namespace.ip("addr", "add", IP_B + "/24", "dev", name);
    namespace.ip("link", "set", name, "up");
  }

  @Test
  void tapByName_isMade_andTheHostAnswersPings() {
    Guest guest = guest("");
    up("net0");

    assertPings(guest);

    assertThat(guest.count("opackets64")).isEqualTo(2);
    assertThat(guest.count("ipackets64")).isGreaterThanOrEqualTo(2);
    assertThat(guest.count("oerrors")).isZero();
  }

  @Test
  void legacyGuest_pingsToo() {
    Guest guest = guest(",ifname=tap0");
    up("tap0");
    guest.reboot(0);
    guest.offer(100, 2048);

    assertPings(guest);
  }

  @Test
  void tapHandedOver_isTakenOver() {
    Fd fd = tap("tap9", FLAGS);
    Guest guest = guest(",fd=" + fd.release());
    up("tap9");

    assertPings(guest);
  }

  @Test
  void severalQueues_areSeveralDescriptors() {
    NetDevice device = device(",queues=4,threads=2");
    open.add(device);

    assertThat(device.queueCount()).isEqualTo(8);
    assertThat(device.sources(0)).hasSize(4);
    assertThat(device.sources(1)).isEmpty();
  }

  /** A guest with one queue receives what the kernel puts into any queue of the tap. */
  @Test
  void guestThatUsesOneQueueOfFour_receivesAll() {
    Guest guest = guest(",queues=4");
    up("net0");

    assertPings(guest);
  }

  @Test
  void interfaceThatIsDown_losesFrames_andCountsThem() {
    Guest guest = guest("");

    assertThat(guest.send(arpRequest(), arpRequest())).isEqualTo(2);
    assertThat(guest.count("oerrors")).isEqualTo(2);

    up("net0");
    assertPings(guest);
  }

  @Test
  void interfaceThatIsDeleted_losesFrames_andNothingElse() {
    Guest guest = guest("");
    up("net0");
    assertPings(guest);
    namespace.ip("link", "del", "net0");

    assertThat(guest.send(arpRequest())).isEqualTo(1);
    guest.device().sources(0).forEach(source -> assertThat(source.poll(64)).isZero());

    assertThat(guest.count("oerrors")).isEqualTo(1);
    assertThat(guest.txQueue().ring().fault()).isEmpty();
  }

  /** What the guest has no room for stays in the tap's queue, and comes when there is room. */
  @Test
  void guestWithoutBuffers_findsWhatWaitedInTheTap() {
    Guest guest = new Guest(device(""));
    open.add(guest);
    up("net0");
    PacketSocket host = namespace.call(() -> new PacketSocket("net0"));
    open.add(host);
    List<byte[]> sent = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      sent.add(VnicContractTest.frame(MAC_A, Devices.MAC_B, i, 100));
      host.send(sent.getLast());
    }
    // The first find no buffer and wait in our backlog; the rest is left in the tap.
    Await.until(
        "the source to hold back",
        () -> {
          guest.device().sources(0).forEach(source -> source.poll(64));
          return guest.device().sources(0).getFirst().poll(64) == 0;
        });
    assertThat(guest.device().mayIdle(guest.rxQueue())).isTrue();
    guest.offer(200, 2048);

    List<byte[]> received = new ArrayList<>();
    Await.until(
        "400 frames",
        () -> {
          guest.receive();
          guest.device().sources(0).forEach(source -> source.poll(64));
          guest.received().stream()
              .filter(frame -> frame[13] == (byte) 0xb5)
              .forEach(received::add);
          return received.size() >= 400;
        });

    assertThat(received).containsExactlyElementsOf(sent);
    assertThat(guest.count("norcvbuf")).isZero();
  }

  private void assertRefused(String properties, String message) {
    assertThatThrownBy(() -> device(properties)).hasMessage("vnic net0: " + message);
  }

  @Test
  void tapThatIsInUse_isRefused() {
    tap("tap1", FLAGS);

    assertRefused(",ifname=tap1", "tap tap1 is in use by another process");
  }

  @Test
  void interfaceThatIsNoTap_isRefused() {
    assertRefused(",ifname=lo", "lo is an interface that is no tap, or one made with multi_queue");
  }

  @Test
  void tapOfAnotherKind_isRefused() {
    namespace.ip("tuntap", "add", "tap2", "mode", "tap");

    assertRefused(
        ",ifname=tap2,queues=2",
        "tap2 is an interface that is no tap, or one made without multi_queue");
  }

  @Test
  void descriptorsThatAreNoTaps_areRefused() {
    Fd event = Fd.event();
    open.add(event);
    Fd plain = tap("tap3", LinuxIfTun.IFF_TAP | LinuxIfTun.IFF_NO_PI);
    Fd tun = tap("tun4", IFF_TUN | LinuxIfTun.IFF_NO_PI);

    assertRefused(",fd=999", "fd=999 is not open in this process");
    assertRefused(
        ",fd=" + event.number(), "fd=" + event.number() + " is no tap, macvtap or packet socket");
    assertRefused(
        ",fd=" + tun.number(), "fd=" + tun.number() + " is no tap, macvtap or packet socket");
    assertRefused(
        ",fd=" + plain.number(),
        "fd=" + plain.number() + ": tap tap3 was opened without IFF_VNET_HDR: open it with");
  }
}
