package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class LimitTableTest {
  private static LimitTable table(Double... reached) {
    return new LimitTable(
        List.of(new LimitTable.Row(new Limit("iops-total", 100, 4096, 2), List.of(reached))));
  }

  @Test
  void aRow_isTheMedian_andHowFarItIsOff() {
    assertThat(table(99.0, 102.0, 140.0).markdown())
        .endsWith("| `iops-total=100` | a group of 2 | 102 | +2.0 % | 99–140 |\n");
  }

  @Test
  void aLimitIsKept_within3Percent() {
    assertThat(table(102.9).kept()).isTrue();
    assertThat(table(97.1).kept()).isTrue();
    assertThat(table(103.2).kept()).isFalse();
    assertThat(table(96.8).kept()).isFalse();
  }
}
