package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.probe.Watcher;
import org.kvmzone.packet.testing.Frames;

/** What flows let pass, both ways, and what is counted of them. */
class FlowLimitTest {
  private static final String FLOWS =
      ",flow.smtp=transport=tcp,,remote_port=25,,maxbw=0"
          + ",flow.web=transport=udp,,local_port=80"
          + ",flow.slow=transport=udp,,remote_port=9,,maxbw=1";

  private final Devices.ScriptedVnic network = new Devices.ScriptedVnic();
  private final Guest guest = new Guest(Devices.on(network, ",allowed-ips.0=" + IP_A + FLOWS));

  private final List<String> dropped = new ArrayList<>();
  private final Watcher watcher =
      (vnic, reason, none, length, n1, n2, n3) -> dropped.add(vnic + " " + reason + " " + length);

  @BeforeEach
  void watch() {
    NetProbes.DROP.watch(watcher);
  }

  @AfterEach
  void close() {
    NetProbes.DROP.unwatch(watcher);
    guest.close();
  }

  private static byte[] udp(int from, int to) {
    return Frames.udpFrame(MAC_B, MAC_A, IP_A, IP_B, from, to, new byte[958]);
  }

  private static byte[] back(int from, int to) {
    return Frames.udpFrame(MAC_A, MAC_B, IP_B, IP_A, from, to, new byte[958]);
  }

  private static byte[] tcp(int to) {
    byte[] frame = udp(1000, to);
    frame[23] = 6;
    return frame;
  }

  private long count(String flow, String kstat) {
    DeviceReport part = guest.device().report().parts().get(flow);
    return part == null ? -1 : part.counters().getOrDefault(kstat, -1L);
  }

  @Test
  void whatAFlowBlocks_isDropped_countedAndToldOf() {
    assertThat(guest.send(tcp(25), tcp(26), tcp(25), udp(1, 2))).isEqualTo(4);
    assertThat(network.sent).containsExactly(tcp(26), udp(1, 2));
    assertThat(count("smtp", "txsdrops")).isEqualTo(2);
    assertThat(guest.count("flowblocked")).isEqualTo(2);
    assertThat(guest.count("opackets64")).isEqualTo(2);
    assertThat(dropped).containsExactly("net0 flow-blocked 1000", "net0 flow-blocked 1000");
  }

  @Test
  void eachFlowCountsItsOwn_bothWays() {
    guest.offer(16, Guest.BUFFER);
    assertThat(guest.send(udp(80, 1), udp(81, 1), udp(80, 2))).isEqualTo(3);
    network.deliver(back(7, 80), back(7, 81), back(25, 80));
    assertThat(guest.received()).hasSize(3);
    DeviceReport web = Objects.requireNonNull(guest.device().report().parts().get("web"));
    assertThat(web.kind()).isEqualTo("flow");
    assertThat(web.properties()).isEqualTo(Map.of("transport", "udp", "local_port", "80"));
    assertThat(web.counters())
        .containsEntry("ipackets", 2L)
        .containsEntry("rbytes", 2000L)
        .containsEntry("opackets", 2L)
        .containsEntry("obytes", 2000L)
        .containsEntry("rxsdrops", 0L)
        .containsEntry("txsdrops", 0L);
  }

  /** 1 Mbit/s: a tenth of a second of it at once, 12 500 bytes, and what comes in between. */
  @Test
  void whatIsTooMuch_isDropped_andOthersPass() {
    byte[][] frames = new byte[60][];
    for (int i = 0; i < frames.length; i++) {
      frames[i] = i % 2 == 0 ? udp(5, 9) : udp(5, 10);
    }
    assertThat(guest.send(frames)).isEqualTo(60);
    long passed = count("slow", "opackets");
    assertThat(passed).isBetween(12L, 20L);
    assertThat(count("slow", "txsdrops")).isEqualTo(30 - passed);
    assertThat(guest.count("flowdrops")).isEqualTo(30 - passed);
    assertThat(network.sent).hasSize((int) passed + 30);
    assertThat(network.sent.stream().filter(frame -> frame[37] == 10)).hasSize(30);
  }

  /** A link that is full leaves frames in the ring: they are judged again, and pay once. */
  @Test
  void whatALinkDoesNotTake_paysWhenItDoes() {
    network.room = 0;
    for (int i = 0; i < 10; i++) {
      guest.queue(udp(5, 9));
    }
    for (int i = 0; i < 50; i++) {
      guest.transmit();
    }
    assertThat(count("slow", "opackets") + count("slow", "txsdrops")).isZero();
    network.room = 3;
    guest.transmit();
    network.room = 100;
    guest.transmit();
    assertThat(guest.sent()).isEqualTo(10);
    assertThat(count("slow", "opackets")).isEqualTo(10);
    assertThat(count("slow", "txsdrops")).isZero();
  }

  /** A guest without buffers leaves frames waiting: they are judged again, and pay once. */
  @Test
  void whatWaitsForTheGuest_paysWhenItIsTaken() {
    for (int i = 0; i < 10; i++) {
      network.deliver(back(9, 5));
      assertThat(guest.receive()).isZero();
    }
    guest.offer(16, Guest.BUFFER);
    assertThat(guest.receive()).isEqualTo(10);
    assertThat(guest.received()).hasSize(10);
    assertThat(count("slow", "ipackets")).isEqualTo(10);
    assertThat(count("slow", "rbytes")).isEqualTo(10_000);
    assertThat(count("slow", "rxsdrops")).isZero();
  }

  @Test
  void toTheGuest_whatIsBlockedAndWhatIsTooMuch_isDropped() {
    guest.offer(64, Guest.BUFFER);
    byte[] blocked = back(25, 1000);
    blocked[23] = 6;
    network.deliver(blocked, back(1, 2), blocked);
    for (int i = 0; i < 30; i++) {
      network.deliver(back(9, 5));
    }
    long passed = count("slow", "ipackets");
    assertThat(passed).isBetween(12L, 20L);
    assertThat(guest.received()).hasSize(1 + (int) passed);
    assertThat(count("smtp", "rxsdrops")).isEqualTo(2);
    assertThat(count("slow", "rxsdrops")).isEqualTo(30 - passed);
  }

  /** Whatever a guest sends in whatever portions, each frame is sent or dropped, and once. */
  @RepeatedTest(20)
  void model_everyFrameIsSettledOnce_andInItsOrder() {
    long seed = Long.getLong("kvmzone.seed", System.nanoTime());
    Random random = new Random(seed);
    List<byte[]> others = new ArrayList<>();
    int[] made = new int[3];
    int returned = 0;
    int queued = 0;
    while (queued < 2000 || returned < queued) {
      int more = queued < 2000 ? Math.min(random.nextInt(100), 200 - (queued - returned)) : 0;
      for (int i = 0; i < more; i++) {
        int kind = random.nextInt(3);
        made[kind]++;
        byte[] frame =
            switch (kind) {
              case 0 -> tcp(25);
              case 1 -> udp(5, 9);
              default -> udp(80, 100 + queued);
            };
        if (kind == 2) {
          others.add(frame);
        }
        guest.queue(frame);
        queued++;
      }
      network.room = random.nextInt(80);
      guest.transmit();
      returned += guest.sent();
    }
    assertThat(count("smtp", "txsdrops")).as("seed %d", seed).isEqualTo(made[0]);
    assertThat(count("slow", "opackets") + count("slow", "txsdrops")).isEqualTo(made[1]);
    assertThat(count("web", "opackets")).isEqualTo(made[2]);
    assertThat(network.sent.stream().filter(frame -> frame[35] == 80 && frame[23] == 17))
        .containsExactlyElementsOf(others);
    assertThat(network.sent).hasSize((int) count("slow", "opackets") + made[2]);
  }

  /** By a clock that the test sets: twice as much is sent, in batches, after a burst. */
  @ParameterizedTest
  @CsvSource({
    "1, 64",
    "1, 1514",
    "1, 65536",
    "10, 1514",
    "100, 64",
    "100, 1514",
    "1G, 1514",
    "1G, 65536",
    "10G, 1514",
    "40G, 1514",
    "40G, 9014",
    "40G, 65536"
  })
  void aFlowReachesItsMaxbw_andDoesNotPassIt(String maxbw, int size) {
    Flow flow = new Flow(FlowConfig.parse("f", "transport=udp,maxbw=" + maxbw), null, 0);
    double perNano = Bandwidth.parse(maxbw).bytesPerSecond() / 1e9;
    double frame = size / perNano; // nanoseconds
    long burst = TimeUnit.SECONDS.toNanos(1);
    long window = Math.max(burst, (long) (100 * frame));
    int batch = size > 9014 ? 1 : 8;
    long passed = 0;
    for (long step = 0; ; step++) {
      long now = (long) (step * batch * frame / 2);
      if (now > burst + window) {
        break;
      }
      for (int i = 0; i < batch; i++) {
        passed += flow.tryTake(true, size, now) && now > burst ? size : 0;
      }
    }
    assertThat(passed / perNano / window).as("of what is asked").isBetween(0.97, 1.03);
  }
}
