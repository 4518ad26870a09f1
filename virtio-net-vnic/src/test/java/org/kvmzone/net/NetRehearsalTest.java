package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.rehearsal.Rehearsal;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.OsThread;
import org.kvmzone.bridge.virtqueue.Features;

class NetRehearsalTest {
  @ParameterizedTest
  @CsvSource({
    "DISCARD, 0",
    "ECHO, 0",
    "CHARGEN, 0",
    "ETHERSTUB, 0",
    "TAP, 0",
    "DISCARD, 0x400000000",
    "ECHO, 0x400000000",
    "CHARGEN, 0x400000000",
    "ETHERSTUB, 0x400000000",
    "TAP, 0x400000000"
  })
  void everyFrameOfEveryRound_goesItsWay(NetRehearsal.Way way, String layout) {
    long features = Long.decode(layout);
    assertThat(features == 0 || features == Features.RING_PACKED).isTrue();
    try (NetRehearsal rehearsal = new NetRehearsal(way, features, 1514)) {
      for (int i = 0; i < 1000; i++) {
        assertThat(rehearsal.round()).isEqualTo(Rehearsal.SIZE);
      }
      rehearsal
          .sent()
          .counters()
          .forEach((name, count) -> {
            long expected =
                switch (name) {
                  case "opackets64" -> way == NetRehearsal.Way.CHARGEN ? 0 : 256_000;
                  case "obytes64" -> way == NetRehearsal.Way.CHARGEN ? 0 : 256_000 * 1514;
                  case "ipackets64" -> receives(way) ? 256_000 : 0;
                  case "rbytes64" -> receives(way) ? 256_000 * 1514 : 0;
                  case "crtime", "snaptime" -> count; // of the clock
                  case "chainunder10", "chain10to50", "chainover50" -> count; // as it comes
                  case "blockcnt", "unblockcnt" -> way == NetRehearsal.Way.TAP ? count : 0;
                  case "link_state" -> 1;
                  case "link_duplex" -> 2;
                  default -> 0;
                };
            assertThat(count).as(name).isEqualTo(expected);
          });
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ETHERSTUB,0,true",
    "ETHERSTUB,0,false",
    "ETHERSTUB,0x400000000,true",
    "ETHERSTUB,0x400000000,false",
    "TAP,0,true",
    "TAP,0,false",
    "TAP,0x400000000,true",
    "TAP,0x400000000,false"
  })
  void unsegmentedFrames_arriveWholeOrAsSegments(
      NetRehearsal.Way way, String features, boolean taken) {
    try (NetRehearsal rehearsal = NetRehearsal.unsegmented(way, Long.decode(features), taken)) {
      int frames = 0;
      for (int i = 0; i < 100; i++) {
        frames += rehearsal.round();
      }
      int each = taken ? 1 : (NetRehearsal.UNSEGMENTED_BYTES + 1447) / 1448;
      assertThat(frames).isPositive();
      assertThat(rehearsal.sent().counters()).containsEntry("opackets64", (long) frames);
      assertThat(rehearsal.received().counters()).containsEntry("ipackets64", (long) frames * each);
    }
  }

  @Test
  void capsAndFlows_areRehearsedWhereADeviceHasThem() {
    assertThat(partOf("")).isEqualTo(NetRehearsal.Part.plain(NetRehearsal.Way.ECHO));
    assertThat(partOf(",maxbw=7M"))
        .isEqualTo(new NetRehearsal.Part(NetRehearsal.Way.ECHO, true, false));
    assertThat(partOf(",flow.web=transport=tcp,,local_port=80"))
        .isEqualTo(new NetRehearsal.Part(NetRehearsal.Way.ECHO, false, true));
  }

  private static NetRehearsal.Part partOf(String guards) {
    String spec = "vnic,id=net0,kind=echo,macaddr=" + Devices.MAC_A;
    return NetRehearsal.Part.of(Devices.config(spec + guards));
  }

  @Test
  void framesOfTheirFlow_passBelowTheirCap() {
    NetRehearsal.Part part = new NetRehearsal.Part(NetRehearsal.Way.ETHERSTUB, true, true);
    try (NetRehearsal rehearsal = new NetRehearsal(part.way(), 0, 60, part.properties())) {
      for (int i = 0; i < 100; i++) {
        assertThat(rehearsal.round()).isEqualTo(Rehearsal.SIZE);
      }
      long all = 100L * Rehearsal.SIZE;
      assertThat(flow(rehearsal.sent())).containsEntry("opackets", all);
      assertThat(flow(rehearsal.received())).containsEntry("ipackets", all);
    }
  }

  private static Map<String, Long> flow(DeviceReport report) {
    return Objects.requireNonNull(report.parts().get("rehearsed")).counters();
  }

  /** On a loop of its own, which is gone afterwards, and on switches, which are gone, too. */
  @ParameterizedTest
  @EnumSource
  void rehearsal_ofEachWay_leavesNothing(NetRehearsal.Way way) {
    NetRehearsal.rehearse(NetRehearsal.Part.plain(way), TimeUnit.MILLISECONDS.toNanos(250));
    Await.until("the end of its threads", () -> OsThread.named("rehearsal").isEmpty());
  }

  private static boolean receives(NetRehearsal.Way way) {
    return way == NetRehearsal.Way.ECHO || way == NetRehearsal.Way.CHARGEN;
  }
}
