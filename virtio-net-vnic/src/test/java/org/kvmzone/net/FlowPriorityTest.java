package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;
import static org.kvmzone.net.Priority.HIGH;
import static org.kvmzone.net.Priority.LOW;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.VlanSet;
import org.kvmzone.packet.testing.Frames;

/** That a batch tells of each frame whether its flow has a priority of its own, and of no other. */
class FlowPriorityTest {
  private static final String RULES = ",allowed-ips.0=" + IP_A;
  private static final String FLOWS =
      ",flow.urgent=transport=udp,,remote_port=1,,priority=high"
          + ",flow.bulk=transport=udp,,remote_port=2,,priority=low"
          + ",flow.counted=transport=udp,,remote_port=3"
          + ",flow.blocked=transport=udp,,remote_port=4,,maxbw=0,,priority=low";

  /** Of no flow. */
  private static final int OTHER = 5;

  private final Devices.ScriptedVnic network = new Devices.ScriptedVnic();
  private final Guest guest =
      new Guest(Devices.on(network, RULES + FLOWS), Guest.MODERN | Offloads.ALL);

  /** What was told of each frame that left, since the last look. */
  private final List<String> told = new ArrayList<>();

  FlowPriorityTest() {
    network.losing = (batch, frame) -> told.add(of(batch, frame));
  }

  @AfterEach
  void close() {
    guest.close();
  }

  private static String of(FrameBatch batch, int frame) {
    Priority priority = batch.priority(frame);
    return priority == null ? "none" : priority.toString();
  }

  private static byte[] udp(int to) {
    return Frames.udpFrame(MAC_B, MAC_A, IP_A, IP_B, 1000, to, new byte[100]);
  }

  private static byte[][] udps(int... ports) {
    return Arrays.stream(ports).mapToObj(FlowPriorityTest::udp).toArray(byte[][]::new);
  }

  private void assertTold(String... priorities) {
    assertThat(told).containsExactly(priorities);
    told.clear();
  }

  @Test
  void plainFrames_areToldOf() {
    assertThat(guest.send(udps(1, 2, 3, OTHER, 2))).isEqualTo(5);
    assertTold("high", "low", "none", "none", "low");
  }

  /** The first is blocked: what follows is judged one by one, and moves up. */
  @Test
  void framesBehindOneThatIsDropped_areToldOf() {
    assertThat(guest.send(udps(4, 2, OTHER, 4, 1, OTHER))).isEqualTo(6);
    assertTold("low", "none", "high", "none");
    assertThat(guest.send(udps(1, 2, 4, OTHER, 1))).isEqualTo(5);
    assertTold("high", "low", "none", "high");
  }

  @Test
  void framesInPieces_andUndoneOnes_areToldOf() {
    byte[] header = new byte[guest.headerLength()];
    guest.queueInPieces(header, udp(OTHER), 3);
    guest.queueInPieces(header, udp(2), 3);
    guest.transmit();
    assertThat(guest.sent()).isEqualTo(2);
    assertTold("none", "low");

    adjust(",flow.bulk=transport=tcp,,priority=low");
    UndoneFrame undone = UndoneFrame.tcp(1448, 30_000);
    guest.queue(udp(1));
    guest.queueLong(undone.header(), undone.bytes());
    guest.transmit();
    assertTold("none", "low");
  }

  @Test
  void nothingIsTold_ofTheNextBatch() {
    guest.send(udps(1, 2, 1, 2));
    told.clear();
    guest.send(udps(OTHER, 3, OTHER, OTHER, 1));
    assertTold("none", "none", "none", "none", "high");
    guest.send(udps(4, 3, OTHER));
    assertTold("none", "none");
  }

  /** What a link does not take goes back, and comes again in other places. */
  @Test
  void framesThatComeAgain_areToldOfAnew() {
    network.room = 2;
    for (byte[] frame : udps(1, OTHER, 2, OTHER, 1)) {
      guest.queue(frame);
    }
    guest.transmit();
    assertTold("high", "none");
    network.room = 100;
    guest.transmit();
    assertTold("low", "none", "high");
  }

  private void adjust(String flows) {
    Spec spec = Spec.parse("vnic,id=net0,over=unused,macaddr=" + MAC_A + RULES + flows);
    assertThat(guest.device().adjust(spec)).isEmpty();
  }

  @Test
  void priorities_changeWhileTheGuestRuns() {
    adjust(
        ",flow.urgent=transport=udp,,remote_port=1,,priority=medium"
            + ",flow.counted=transport=udp,,remote_port=3,,priority=high");
    guest.send(udps(1, 2, 3));
    assertTold("medium", "none", "high");
    adjust(",flow.urgent=transport=udp,,remote_port=1");
    guest.send(udps(1, 2, 3));
    assertTold("none", "none", "none");
    adjust("");
    guest.send(udps(1, 2, 3));
    assertTold("none", "none", "none");
  }

  /** The batch is another's, and its frames are not of this guest's flows there. */
  @Test
  void nothingIsTold_ofFramesToTheGuest() {
    guest.offer(16, Guest.BUFFER);
    FrameBatch batch =
        Recorder.batch(
            Frames.udpFrame(MAC_A, MAC_B, IP_B, IP_A, 1, 1000, new byte[100]),
            Frames.udpFrame(MAC_A, MAC_B, IP_B, IP_A, 2, 1000, new byte[100]));
    batch.rank(1, HIGH);

    Objects.requireNonNull(network.client).receive(0, batch, batch.all());

    assertThat(guest.received()).hasSize(2);
    assertThat(guest.device().report().parts().get("bulk"))
        .extracting(flow -> flow.counters().get("ipackets"))
        .as("it is the flow's all the same")
        .isEqualTo(1L);
    assertThat(of(batch, 0)).isEqualTo("none");
    assertThat(of(batch, 1)).isEqualTo("high");
  }

  /** More than a batch has, from where they have waited. */
  @Test
  void framesThatHaveWaitedForTheGuest_arrive() {
    for (int i = 0; i < 100; i++) {
      network.deliver(Frames.udpFrame(MAC_A, MAC_B, IP_B, IP_A, 2, 1000, new byte[100]));
    }
    guest.offer(200, Guest.BUFFER);

    assertThat(guest.receive()).isEqualTo(100);

    assertThat(guest.received()).hasSize(100);
  }

  @Test
  void batchThatIsCutOff_forgetsTheRest() {
    FrameBatch batch = Recorder.batch(udps(1, 2, 3));
    batch.rank(0, HIGH);
    batch.rank(2, LOW);
    batch.keep(1);
    batch.keep(3);

    assertThat(of(batch, 0)).isEqualTo("high");
    assertThat(of(batch, 2)).isEqualTo("none");
  }

  /** A switch's uplink, which writes down what it is told. */
  private final class Heard implements SharedLink {
    @Override
    public void receive(Etherstub.Port from, FrameBatch batch, long frames) {
      for (long left = frames; left != 0; left &= left - 1) {
        told.add(of(batch, Long.numberOfTrailingZeros(left)));
      }
    }

    @Override
    public void receive(int queue, FrameBatch batch, long frames) {
      throw new AssertionError("frames of no port");
    }

    @Override
    public long offer(int queue, FrameBatch batch, long frames) {
      return 0;
    }

    @Override
    public boolean receives() {
      return true;
    }

    @Override
    public void writable(int queue) {}
  }

  /** Tags are put on, and taken off: by copies of the frames, again and again. */
  @ParameterizedTest
  @CsvSource({"0, 0", "10, 0", "10, 20"})
  void whateverTagsChange_anUplinkIsTold(int vlan, int uplinks) {
    Etherstub stub = new Etherstub(System::nanoTime);
    Drops drops = new Drops("stub0");
    PortConfig.Station station = new PortConfig.Station("net0", MacAddress.parse(MAC_A));
    PortConfig trunk = new PortConfig(uplinks, VlanSet.ALL, false, false);
    PortConfig config = new PortConfig(vlan, VlanSet.parse(List.of("20")), false, false);
    Vnic port = stub.attach(station, config, 1, new Recorder(), drops, () -> {});
    PortConfig.Station above = new PortConfig.Station("uplink", new MacAddress(0));
    Vnic uplink = stub.attach(above, trunk, 1, new Heard(), drops, () -> {});
    byte[] tagged = Frames.tagged(20, udp(1));
    for (int i = 0; i < 3; i++) {
      FrameBatch batch = Recorder.batch(udp(1), tagged, udp(1), tagged);
      batch.rank(i, LOW);
      batch.rank(3, HIGH);

      assertThat(port.send(0, batch)).isEqualTo(4);

      List<String> expected = new ArrayList<>(List.of("none", "none", "none", "high"));
      expected.set(i, "low");
      assertTold(expected.toArray(String[]::new));
    }
    uplink.close();
    port.close();
  }
}
