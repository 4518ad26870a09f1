package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.Spec;

/** The buckets of limits, by a clock that tests set. */
class MeterTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long SLACK = SECOND / 100;

  @Test
  void aBurstForCenturies_begins() {
    String limits = "iops-read=1,iops-read-max=10000000,iops-read-max-length=3600";
    assertThat(until(meter(limits), SECOND / 1000)).isBetween(10_000, 200_000);
  }

  private static Meter meter(String limits) {
    return new Meter(Limits.of(Spec.parse("zvol,id=d," + limits)), 0);
  }

  /** How many reads of 4 KiB may go until then, by who always asks, from an idle bucket on. */
  private static int until(Meter meter, long end) {
    int count = 0;
    while (meter.take(false, 1, 4096, 0) <= end) {
      count++;
    }
    return count;
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 1_000, 50_000})
  void aSecondOfAnIdleDisk_isWithinThreePercent(int rate) {
    assertThat(until(meter("iops-total=" + rate), SECOND)).isBetween(rate, rate * 103 / 100);
  }

  @Test
  void aBurst_lastsAsLongAsItMay_andThenTheLimitHolds() {
    String limits = "iops-read=100,iops-read-max=1000,iops-read-max-length=5";
    assertThat(until(meter(limits), SECOND)).isBetween(1000, 1030);
    assertThat(until(meter(limits), 5 * SECOND)).isBetween(5000, 5050);
    assertThat(until(meter(limits), 15 * SECOND)).isBetween(6000, 6060);
  }

  @Test
  void bytesAndRequests_limitEachOnTheirOwn() {
    assertThat(until(meter("iops-read=1000,bps-read=40960"), 10 * SECOND)).isBetween(100, 102);
    assertThat(until(meter("iops-read=10,bps-read=1G"), 10 * SECOND)).isBetween(100, 102);
  }

  @Test
  void readsAndWrites_togetherOrApart() {
    Meter apart = meter("iops-read=10,iops-write=10");
    Meter together = meter("iops-total=10");
    long read = 0;
    long shared = 0;
    for (int i = 0; i < 10; i++) {
      long ignored = apart.take(true, 1, 512, 0);
      read = apart.take(false, 1, 512, 0);
      ignored = together.take(true, 1, 512, 0);
      shared = together.take(false, 1, 512, 0);
    }
    assertThat(read).isEqualTo(SECOND * 9 / 10 - SLACK);
    assertThat(shared).isEqualTo(SECOND * 19 / 10 - SLACK);
    assertThat(meter("iops-write=1").take(false, 100, 1 << 20, 0)).as("not limited").isZero();
  }
}
