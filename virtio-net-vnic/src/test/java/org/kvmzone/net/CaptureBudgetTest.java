package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Recording takes a third of a queue's time at most; the clock is the test's. */
class CaptureBudgetTest {
  private static final long MICROSECOND = 1000;
  private static final long SECOND = 1_000_000_000;

  private final CaptureBudget budget = new CaptureBudget();

  /** Batches of 10 µs each, whose recording takes as long as is said; returns what it has taken. */
  private long record(long cost) {
    long now = 77;
    long end = now + SECOND;
    long taken = 0;
    while (now < end) {
      now += 10 * MICROSECOND;
      if (budget.allows(now)) {
        budget.spend(now, now + cost);
        now += cost;
        taken += cost;
      }
    }
    return taken;
  }

  @Test
  void recordingThatIsCheap_isNeverRefused() {
    assertThat(record(3 * MICROSECOND)).isBetween(SECOND / 13 * 3 - 100, SECOND / 13 * 3 + 10_000);
  }

  @Test
  void recordingThatIsDear_takesAQuarterOfTheTime() {
    assertThat(record(500 * MICROSECOND)).isBetween(SECOND * 23 / 100, SECOND * 29 / 100);
  }

  @Test
  void severalNics_takeAQuarterTogether() {
    CapturePoint one = new CapturePoint();
    CapturePoint other = new CapturePoint();
    FrameCapture capture = new FrameCapture(CaptureOptions.parse(Map.of()), 1 << 16);
    one.begin("one", capture);
    other.begin("other", new FrameCapture(CaptureOptions.parse(Map.of()), 1 << 16));
    try {
      assertThat(record(500 * MICROSECOND)).isBetween(SECOND * 12 / 100, SECOND * 16 / 100);
      one.end(capture);
      one.end(capture);
      assertThat(CapturePoint.running()).isEqualTo(1);
    } finally {
      one.close();
      other.close();
    }
    assertThat(CapturePoint.running()).isZero();
  }

  @Test
  void timeInWhichTheThreadDidNotRun_earnsNoMoreThanABatch() {
    long now = 0;
    int recorded = 0;
    for (int i = 0; i < 1000; i++) {
      now += SECOND;
      if (budget.allows(now)) {
        budget.spend(now, now + SECOND);
        recorded++;
      }
    }
    assertThat(recorded).isBetween(250, 275);
  }

  @Test
  void timeInWhichTheThreadDidNotRun_costsNoMoreThanABatch() {
    assertThat(budget.allows(0)).isTrue();
    budget.spend(0, 100 * SECOND);
    assertThat(budget.allows(0)).isTrue();
  }
}
