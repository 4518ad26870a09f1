package org.kvmzone.bridge.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DistributionTest {
  static Stream<Distribution> distributions() {
    return Stream.of(
        Quantize.INSTANCE,
        new Lquantize(0, 1, 1),
        new Lquantize(-50, 7, 9),
        Lquantize.between(Long.MIN_VALUE + 1, Long.MAX_VALUE, Long.MAX_VALUE),
        Lquantize.between(Long.MIN_VALUE + 1, Long.MAX_VALUE, 1L << 60),
        Lquantize.between(Long.MAX_VALUE - 20, Long.MAX_VALUE, 3));
  }

  @ParameterizedTest
  @MethodSource("distributions")
  void buckets_coverEveryValueOnce(Distribution distribution) {
    int last = distribution.cells() - 1;
    assertThat(distribution.low(0)).isEqualTo(Long.MIN_VALUE);
    assertThat(distribution.high(last)).isEqualTo(Long.MAX_VALUE);
    for (int i = 0; i <= last; i++) {
      assertThat(distribution.bucket(distribution.low(i))).as("lowest of %d", i).isEqualTo(i);
      assertThat(distribution.bucket(distribution.high(i))).as("highest of %d", i).isEqualTo(i);
      if (i > 0) {
        assertThat(distribution.low(i)).isEqualTo(distribution.high(i - 1) + 1);
      }
    }
  }

  @Test
  void lquantize_leavesOutAStepThatWouldPassTheLimit() {
    assertThat(Lquantize.between(0, 25, 10)).isEqualTo(new Lquantize(0, 10, 2));
    assertThat(Lquantize.between(0, 10_000, 1).levels()).isEqualTo(Lquantize.MAX_LEVELS);
  }

  @Test
  void lquantize_refusesLimitsThatMakeNoSteps() {
    assertThatThrownBy(() -> Lquantize.between(0, 10_001, 1))
        .hasMessage("lquantize() needs 1 to 10000 steps, here are 10001");
    assertThatThrownBy(() -> Lquantize.between(0, 5, 10))
        .hasMessage("lquantize() needs 1 to 10000 steps, here are 0");
    assertThatThrownBy(() -> Lquantize.between(Long.MIN_VALUE, Long.MAX_VALUE, 1))
        .hasMessage("lquantize() needs 1 to 10000 steps, here are 18446744073709551615");
    for (long[] bad : new long[][] {{5, 5, 1}, {6, 5, 1}, {0, 10, 0}, {0, 10, -1}}) {
      assertThatThrownBy(() -> Lquantize.between(bad[0], bad[1], bad[2]))
          .isInstanceOf(WatchException.class)
          .hasMessageContaining("a step of at least 1");
    }
  }
}
