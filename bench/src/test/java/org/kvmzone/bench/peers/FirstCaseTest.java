package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class FirstCaseTest {
  /** Four seconds of windows of 10 ms: 5 in each, but for the first tenth and one late one. */
  private static long[] counts() {
    long[] counts = new long[400];
    Arrays.fill(counts, 5);
    Arrays.fill(counts, 0, 10, 2);
    counts[9] = 12;
    Arrays.fill(counts, 350, 360, 1000);
    return counts;
  }

  @Test
  void theFirst_isThatOfTenWindows() {
    assertThat(FirstCase.first(counts())).isEqualTo(10.0 * (9 * 2 + 12));
  }

  @Test
  void later_isTheMedianOfTenths_afterThreeSeconds() {
    assertThat(FirstCase.later(counts())).isEqualTo(10.0 * 10 * 5);
    long[] slow = counts();
    Arrays.fill(slow, 10, 300, 1);
    assertThat(FirstCase.later(slow)).isEqualTo(10.0 * 10 * 5);
  }
}
