package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;

final class TestpmdTest {
  private static final String STATISTICS =
      """

        ######################## NIC statistics for port 0  ########################
        RX-packets: 17         RX-missed: 0          RX-bytes:  1088
        RX-errors: 0
        RX-nombuf:  0
        TX-packets: 101512384  TX-errors: 0          TX-bytes:  6496792576

        Throughput (since last show)
        Rx-pps:            3          Rx-bps:         1536
        Tx-pps:     30930365          Tx-bps:  15836347360
        ############################################################################
      """;

  private static final String CYCLES =
      "  CPU cycles/packet=62.43 (busy cycles=7217693272 / total rxonly packets=115612768) at 2596"
          + " MHz Clock";

  @Test
  void statistics_areRead() throws IOException, InterruptedException {
    assertThat(Testpmd.statistics(said(STATISTICS), 1))
        .isEqualTo(new Testpmd.Statistics(17, 101_512_384, 3, 30_930_365));
  }

  @Test
  void statistics_ofSeveralPorts_areAddedUp() throws IOException, InterruptedException {
    String both = STATISTICS + STATISTICS.replace("port 0", "port 15").replace(" 17 ", " 25 ");
    assertThat(Testpmd.statistics(said(both), 2))
        .isEqualTo(new Testpmd.Statistics(42, 203_024_768, 6, 61_860_730));
  }

  @Test
  void statistics_ofAPortThatSaysNothing_areAnError() {
    assertThatThrownBy(() -> Testpmd.statistics(said(STATISTICS), 2))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ended early");
  }

  @Test
  void statistics_thatEndEarly_areAnError() {
    Output said = said(STATISTICS.substring(0, STATISTICS.indexOf("Tx-pps")));
    assertThatThrownBy(() -> Testpmd.statistics(said, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ended early");
  }

  @Test
  void cycles_becomeNanoseconds() {
    Matcher found = Testpmd.CYCLES.matcher(CYCLES);
    assertThat(found.find()).isTrue();
    assertThat(Testpmd.nanos(found)).isCloseTo(24.05, within(0.01));
  }

  private static Output said(String text) {
    return new Output("testpmd", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }
}
