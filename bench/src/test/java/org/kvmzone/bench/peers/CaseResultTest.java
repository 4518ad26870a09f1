package org.kvmzone.bench.peers;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class CaseResultTest {
  @Test
  void theRatio_isOfMedians_andItsSpreadOfRounds() {
    CaseResult.Ratio ratio =
        requireNonNull(
            Results.result(
                    "a",
                    Results.round(
                        false, Results.sample(30, 10, null), Results.sample(10, 20, null)),
                    Results.round(
                        false, Results.sample(20, 10, null), Results.sample(20, 20, null)),
                    Results.round(
                        false, Results.sample(40, 10, null), Results.sample(30, 20, null)))
                .summary()
                .ratio());
    assertThat(ratio.ratio()).isEqualTo(1.5);
    assertThat(ratio.low()).isEqualTo(1);
    assertThat(ratio.high()).isEqualTo(3);
  }

  @Test
  void aRoundThatWasDisturbed_isLeftOut() {
    CaseResult.Summary summary =
        Results.result(
                "a",
                Results.round(true, Results.sample(1, 10, null), Results.sample(100, 20, null)),
                Results.round(false, Results.sample(20, 10, null), Results.sample(10, 20, null)))
            .summary();
    assertThat(requireNonNull(summary.ratio()).low()).isEqualTo(2);
    assertThat(summary.disturbed()).isEqualTo(1);
  }

  @Test
  void whenAllRoundsWereDisturbed_theyAreAllThereIs() {
    CaseResult.Summary summary =
        Results.result(
                "a",
                Results.round(true, Results.sample(20, 10, null), Results.sample(10, 20, null)))
            .summary();
    assertThat(requireNonNull(summary.ratio()).ratio()).isEqualTo(2);
  }

  @Test
  void theBusyRatio_isThePeersTimeToOurs_whereBothCanTell() {
    CaseResult.Summary both =
        Results.result(
                "a",
                Results.round(false, Results.sample(20, 30, 20.0), Results.sample(10, 50, 24.0)))
            .summary();
    assertThat(requireNonNull(both.busyRatio()).ratio()).isCloseTo(1.2, within(1e-9));
    CaseResult.Summary one =
        Results.result(
                "a",
                Results.round(false, Results.sample(20, 30, null), Results.sample(10, 50, 24.0)))
            .summary();
    assertThat(one.busyRatio()).isNull();
  }

  @Test
  void ofNoRounds_thereIsNoRatio() {
    assertThat(Results.result("a").summary().ratio()).isNull();
  }
}
