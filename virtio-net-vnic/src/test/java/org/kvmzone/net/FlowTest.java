package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.TestQueue;
import org.kvmzone.net.Devices.ScriptedVnic;
import org.kvmzone.packet.testing.Frames;

/** Which receive queue a flow is on. */
class FlowTest {
  private final ScriptedVnic network = new ScriptedVnic();
  private final NetDevice device = Devices.on(network, ",queues=4");
  private final GuestRam ram = new GuestRam(1 << 24);
  private final List<TestQueue> queues = new ArrayList<>();

  @BeforeEach
  void start() {
    device.negotiated(Guest.MODERN);
    for (int pair = 0; pair < 4; pair++) {
      TestQueue queue = new TestQueue(ram, 2 * pair, 256, Guest.MODERN);
      for (int i = 0; i < 256; i++) {
        queue.driver().add(ram.writable(200));
      }
      queues.add(queue);
      device.started(queue.queue());
    }
  }

  @AfterEach
  void close() {
    device.close();
    ram.close();
  }

  /** How many frames came in on each queue since the last call. */
  private List<Integer> deliver(byte[]... frames) {
    FrameBatch batch = Recorder.batch(frames);
    Objects.requireNonNull(network.client).receive(VnicClient.BY_FLOW, batch, batch.all());
    return queues.stream().map(FlowTest::received).toList();
  }

  private static int received(TestQueue queue) {
    int count = 0;
    while (queue.driver().nextUsed().isPresent()) {
      count++;
    }
    return count;
  }

  private static byte[] udp(int port, byte[] data) {
    return Frames.udpFrame(MAC_A, MAC_B, IP_B, IP_A, port, 53, data);
  }

  private static byte[] ipv6(int port) {
    byte[] tcp = Frames.join(Frames.u16(port), Frames.u16(443), new byte[16]);
    return Frames.ethernet(MAC_A, MAC_B, 0x86dd, Frames.ipv6("2001:db8::2", "2001:db8::1", 6, tcp));
  }

  private void assertOneQueue(byte[]... frames) {
    assertThat(deliver(frames)).containsExactlyInAnyOrder(frames.length, 0, 0, 0);
  }

  @Test
  void flow_staysOnItsQueue() {
    assertOneQueue(
        IntStream.range(0, 30).mapToObj(i -> udp(7, new byte[i])).toArray(byte[][]::new));
    assertOneQueue(ipv6(7), ipv6(7), ipv6(7));
  }

  @Test
  void flows_areSpreadOverAllQueues() {
    byte[][] v4 = IntStream.range(0, 60).mapToObj(i -> udp(i, new byte[9])).toArray(byte[][]::new);
    byte[][] v6 = IntStream.range(0, 60).mapToObj(FlowTest::ipv6).toArray(byte[][]::new);

    assertThat(deliver(v4)).allSatisfy(count -> assertThat(count).isBetween(3, 40));
    assertThat(deliver(v6)).allSatisfy(count -> assertThat(count).isBetween(3, 40));
  }

  /** Only the first fragment of a datagram has ports. */
  @Test
  void fragments_stayTogether() {
    byte[] udp = Frames.udp(IP_B, IP_A, 1000, 2000, new byte[100]);
    byte[][] fragments = new byte[12][];
    Arrays.setAll(
        fragments,
        i ->
            Frames.ethernet(
                MAC_A,
                MAC_B,
                0x800,
                Frames.ipv4(
                    IP_B, IP_A, 17, 0x2000 | i, new byte[0], i == 0 ? udp : new byte[64 + i])));

    assertOneQueue(fragments);
  }

  @Test
  void framesThatAreNotIp_goByTheirAddresses() {
    byte[] short1 = Frames.ethernet(MAC_A, MAC_B, 0x800, new byte[0]);
    byte[] short2 = Frames.ethernet(MAC_A, MAC_B, 0x86dd, new byte[3]);
    byte[] other = Frames.ethernet(MAC_A, MAC_B, 0x88b5, new byte[46]);

    assertOneQueue(short1, short2, other);
  }

  @Test
  void guestThatUsesTwoQueues_receivesOnThese() {
    device.stopping(queues.get(2).queue());
    device.stopping(queues.get(3).queue());
    byte[][] frames =
        IntStream.range(0, 60).mapToObj(i -> udp(i, new byte[9])).toArray(byte[][]::new);

    List<Integer> counts = deliver(frames);

    assertThat(counts.get(0) + counts.get(1)).isEqualTo(60);
    assertThat(counts.get(0)).isBetween(5, 55);
    assertThat(device.report().counters()).containsEntry("rxnotready", 0L);
  }
}
