package org.kvmzone.bridge.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SessionsTest {
  private final List<Long> played = new ArrayList<>();

  @Test
  @Timeout(60)
  void whenNothingIsCompiledAnyMore_itIsOver() {
    Sessions.play(TimeUnit.DAYS.toNanos(1), played::add);
    assertThat(played).hasSizeGreaterThanOrEqualTo(4).containsOnly(100_000_000L);
  }

  @Test
  @Timeout(60)
  void theLimit_isKept_byTheLastSession() {
    Sessions.play(
        TimeUnit.MILLISECONDS.toNanos(130),
        nanos -> {
          played.add(nanos);
          LockSupport.parkNanos(nanos);
        });
    assertThat(played).hasSizeBetween(1, 2).first().isEqualTo(100_000_000L);
    assertThat(played.stream().skip(1)).allMatch(last -> last <= 30_000_000);
  }

  @Test
  void noTime_isNoSession() {
    Sessions.play(0, played::add);
    assertThat(played).isEmpty();
  }
}
