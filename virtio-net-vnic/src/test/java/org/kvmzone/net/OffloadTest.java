package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;

/** What guests on an etherstub leave undone: goes on undone to who takes it so, else it is done. */
@ParameterizedClass(name = "ring features {0}")
@ValueSource(longs = {0, Features.RING_PACKED})
class OffloadTest {
  private static final long ALL = Guest.MODERN | Offloads.ALL;
  private static final int LONG = 4096;

  private final String stub = Devices.stubName();
  private final long layout;
  private final Guest a;
  private final Guest b;

  OffloadTest(long layout) {
    this.layout = layout;
    String addresses = ",allowed-ips.0=" + IP_A + ",allowed-ips.1=" + UndoneFrame.IP6_A;
    a = new Guest(Devices.a(stub, addresses), ALL | layout);
    b = new Guest(Devices.b(stub, ""), ALL | layout);
  }

  @AfterEach
  void close() {
    assertThat(a.txQueue().ring().inFlight()).isZero();
    b.stop();
    b.receive();
    assertThat(b.rxQueue().ring().inFlight()).isZero();
    a.close();
    b.close();
  }

  private List<byte[]> sendAndReceive(UndoneFrame frame) {
    a.queueLong(frame.header(), frame.bytes());
    a.transmit();
    assertThat(a.sent()).isEqualTo(1);
    b.receive();
    return b.received();
  }

  @ParameterizedTest
  @CsvSource({
    "false,true,1448,64000",
    "true,true,1428,65000",
    "false,false,1472,60000",
    "true,false,1000,3000",
    "false,true,0,1000",
    "true,false,0,200"
  })
  void whatTheReceiverTakes_goesOnAsItIs(boolean ipv6, boolean tcp, int segment, int payload) {
    UndoneFrame frame = UndoneFrame.of(ipv6, tcp, segment, payload);
    b.offer(64, LONG);

    assertThat(sendAndReceive(frame)).containsExactly(frame.bytes());

    assertThat(Arrays.copyOf(b.headers().getFirst(), VirtioNet.NUM_BUFFERS))
        .isEqualTo(Arrays.copyOf(frame.header(), VirtioNet.NUM_BUFFERS));
    assertThat(a.count("opackets64")).isEqualTo(1);
    assertThat(b.count("ipackets64")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "false,true,1448,64000",
    "true,true,1428,65000",
    "false,false,1472,60000",
    "true,false,999,3001",
    "false,true,8,1000",
    "false,true,1448,1449",
    "false,true,1448,2896",
    "false,true,0,1000",
    "false,true,0,0",
    "true,false,0,20"
  })
  void forOthers_itIsDone(boolean ipv6, boolean tcp, int segment, int payload) {
    b.reboot(Guest.MODERN | layout);
    b.offer(Guest.RING, Guest.BUFFER);
    UndoneFrame frame = UndoneFrame.of(ipv6, tcp, segment, payload);

    assertThat(sendAndReceive(frame)).containsExactlyElementsOf(frame.finished());

    assertThat(b.headers())
        .allSatisfy(header ->
            assertThat(header).startsWith(new byte[VirtioNet.NUM_BUFFERS]).endsWith(1, 0));
    assertThat(b.count("norcvbuf")).isZero();
  }

  /** Each kind needs a bit of its own, and nothing counts without GUEST_CSUM. */
  @ParameterizedTest
  @CsvSource({
    "0x2,false,true,0x10,1",
    "0x82,false,true,0x10,0",
    "0x80,false,true,0x10,1",
    "0x102,false,true,0x10,1",
    "0x102,true,true,0x10,0",
    "0x82,true,true,0x10,1",
    "0x82,false,true,0x90,1",
    "0x282,false,true,0x90,0",
    "0x302,true,true,0x90,0",
    "0x40000000000002,false,false,0,0",
    "0x40000000000002,true,false,0,1",
    "0x80000000000002,true,false,0,0",
    "0x80000000000000,true,false,0,1"
  })
  void eachKind_hasItsOwnFeature(
      String features, boolean ipv6, boolean tcp, String flags, int done) {
    b.reboot(Guest.MODERN | Long.decode(features) | layout);
    b.offer(64, LONG);
    UndoneFrame frame = UndoneFrame.of(ipv6, tcp, Integer.decode(flags), 1000, 9000);

    assertThat(sendAndReceive(frame)).hasSize(done == 1 ? 9 : 1);
  }

  /** A frame of 64 KiB that finds too few buffers waits for more, and keeps its place. */
  @Test
  void tooFewBuffers_areWaitedFor() {
    UndoneFrame frame = UndoneFrame.tcp(1448, 60000);
    byte[] last = Frames.ethernet(MAC_B, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, IP_A));
    b.offer(10, LONG);
    assertThat(sendAndReceive(frame)).isEmpty();
    a.send(last);
    b.receive();
    assertThat(b.received()).isEmpty();
    assertThat(b.device().mayIdle(b.rxQueue())).isTrue();

    b.offer(10, LONG);
    b.receive();

    assertThat(b.received()).containsExactly(frame.bytes(), last);
    assertThat(b.rxQueue().ring().inFlight()).isZero();
  }

  @Test
  void stop_givesBackWhatWasKeptForAFrame() {
    b.offer(10, LONG);
    assertThat(sendAndReceive(UndoneFrame.tcp(1448, 60000))).isEmpty();
    assertThat(b.rxQueue().ring().inFlight()).isEqualTo(10);

    b.stop();
    b.receive();

    assertThat(b.rxQueue().ring().inFlight()).isZero();
  }

  /** T6: buffers that are kept for a frame lie where the front end says now, not where they did. */
  @Test
  void memoryThatIsMappedAnew_whileBuffersAreKept_isLookedUpAgain() {
    GuestRam more = new GuestRam(1 << 20, GuestRam.GUEST_BASE << 1, GuestRam.USER_BASE >> 1);
    remap(more.region());
    for (int i = 0; i < 10; i++) {
      int ignored = b.rx().add(more.writable(LONG));
    }
    UndoneFrame frame = UndoneFrame.tcp(1448, 60000);
    a.queueLong(frame.header(), frame.bytes());
    a.transmit();
    assertThat(b.rxQueue().ring().inFlight()).isEqualTo(10);

    MemoryRegion again = MemoryRegion.map(more.region().description(), more.fd().number());
    remap(again);
    more.region().close();
    for (int i = 0; i < 10; i++) {
      int ignored = b.rx().add(b.ram().writable(LONG));
    }
    b.receive();

    int buffers = 0;
    while (b.rx().nextUsed().isPresent()) {
      buffers++;
    }
    assertThat(buffers).isEqualTo(15);
    assertThat(b.rxQueue().ring().fault()).isEmpty();
    assertThat(b.count("ipackets64")).isEqualTo(1);
    again.close();
    more.fd().close();
  }

  private void remap(MemoryRegion region) {
    GuestMemory both = new GuestMemory(List.of(b.ram().region(), region));
    b.rxQueue().ring().remap(both, b.rx().memory());
  }

  /** What the ring can never hold is dropped, and the next frame arrives. */
  @Test
  void frameThatNoRingHolds_isDropped() {
    b.offer(Guest.RING, 200);
    byte[] small = TransmitTest.frame(10);

    assertThat(sendAndReceive(UndoneFrame.tcp(1448, 60000))).isEmpty();
    a.send(small);
    b.receive();

    assertThat(b.received()).containsExactly(small);
    assertThat(b.count("rxtoolong")).isEqualTo(1);
  }

  @Test
  void whatWaits_waitsWhole_asMuchAsMay() {
    UndoneFrame frame = UndoneFrame.tcp(1448, 60000);
    for (int i = 0; i < 70; i++) {
      assertThat(sendAndReceive(frame)).isEmpty();
    }
    assertThat(b.count("norcvbuf")).isEqualTo(6); // there are 64 large slots

    List<byte[]> received = new ArrayList<>();
    b.offer(100, LONG);
    for (int i = 0; i < 20; i++) {
      b.receive();
      received.addAll(b.received());
    }

    assertThat(received).hasSize(64).allMatch(bytes -> Arrays.equals(bytes, frame.bytes()));
    assertThat(sendAndReceive(frame)).containsExactly(frame.bytes());
  }

  @Test
  void segmentsThatFindNoBuffer_wait() {
    b.reboot(Guest.MODERN | layout);
    UndoneFrame frame = UndoneFrame.tcp(1000, 60000);
    b.offer(7, Guest.BUFFER);

    List<byte[]> received = new ArrayList<>(sendAndReceive(frame));
    assertThat(received).hasSize(7);
    while (received.size() < 60) {
      b.receive();
      received.addAll(b.received());
    }

    assertThat(received).containsExactlyElementsOf(frame.finished());
  }

  /** A big frame in one chain, for a driver that does not merge buffers. */
  @Test
  void withoutMergeableBuffers_aChainHoldsAllOfIt() {
    b.reboot((ALL & ~VirtioNet.MRG_RXBUF) | layout);
    b.offer(2, 70_000);
    UndoneFrame frame = UndoneFrame.tcp(1448, 64000);

    assertThat(sendAndReceive(frame)).containsExactly(frame.bytes());
  }

  @Test
  void jumboFrames_areSegmentedToTheMtu() {
    String jumbo = Devices.stubName();
    try (Guest from = new Guest(Devices.a(jumbo, ",mtu=9000,allowed-ips.0=" + IP_A), ALL | layout);
        Guest to = new Guest(Devices.b(jumbo, ",mtu=9000"), Guest.MODERN | layout)) {
      to.offer(100, Guest.BUFFER);
      UndoneFrame frame = UndoneFrame.tcp(8960, 60000);
      from.queueLong(frame.header(), frame.bytes());
      from.transmit();
      to.receive();
      assertThat(to.received()).containsExactlyElementsOf(frame.finished());
    }
  }

  /** Segments longer than the receiver's network reach nobody. */
  @Test
  void segmentsLongerThanTheReceiversMtu_areDropped() {
    String jumbo = Devices.stubName();
    try (Guest from = new Guest(Devices.a(jumbo, ",mtu=9000,allowed-ips.0=" + IP_A), ALL | layout);
        Guest to = new Guest(Devices.b(jumbo, ""), ALL | layout)) {
      to.offer(64, LONG);
      UndoneFrame frame = UndoneFrame.tcp(1465, 60000);
      from.queueLong(frame.header(), frame.bytes());
      from.transmit();
      to.receive();
      assertThat(to.received()).isEmpty();
      assertThat(to.count("rxtoolong")).isEqualTo(1);
    }
  }

  /** The host's own services see complete frames: a lease is renewed through a UDP socket. */
  @Test
  void dhcp_isAnsweredWhoeverFinishesItsChecksum() {
    byte[] request = DhcpRequest.of(MAC_A, 3).bytes();
    byte[] undone = request.clone();
    byte[] pseudo =
        Frames.join(
            Arrays.copyOfRange(request, 26, 34), Frames.u16(17), Frames.u16(request.length - 34));
    int sum = ~Frames.checksum(pseudo) & 0xffff;
    undone[40] = (byte) (sum >>> 8);
    undone[41] = (byte) sum;
    String lease = ",ip=192.0.2.10,netmask=255.255.255.0,server_ip=192.0.2.1";
    try (Guest guest = new Guest(Devices.a(Devices.stubName(), lease), ALL | layout)) {
      guest.offer(4, Guest.BUFFER);
      guest.send(request);
      long before = replies(guest);
      guest.queue(UndoneFrame.header(1, 0, 0, 0, 34, 6), undone);
      guest.transmit();
      assertThat(before).isEqualTo(1);
      assertThat(replies(guest)).isEqualTo(2);
    }
  }

  private static long replies(Guest guest) {
    guest.receive();
    return guest.device().report().counters().entrySet().stream()
        .filter(counter -> counter.getKey().startsWith("dhcp-"))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  @Test
  void switchedOff_isNotOffered() {
    long csum = VirtioNet.CSUM | VirtioNet.GUEST_CSUM;
    assertThat(offered(",csum=off")).isZero();
    assertThat(offered(",tso=off,uso=off")).isEqualTo(csum);
    assertThat(offered(",tso=off") & ~csum)
        .isEqualTo(VirtioNet.HOST_USO | VirtioNet.GUEST_USO4 | VirtioNet.GUEST_USO6);
    assertThat(offered("")).isEqualTo(Offloads.ALL);
  }

  private static long offered(String properties) {
    try (NetDevice device = Devices.a(Devices.stubName(), properties)) {
      return device.features() & Offloads.ALL;
    }
  }
}
