package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PatienceTest {
  @Test
  void thread_looksForWorkAsLongAsItMay_untilItHasSlept() {
    assertThat(new Patience(32_000).nanos()).isEqualTo(32_000);
  }

  @Test
  void longSleep_wouldHaveOutlastedTheLook_soTheNextComesAtOnce() {
    Patience patience = new Patience(32_000);
    patience.slept(32_001);
    assertThat(patience.nanos()).isZero();
  }

  @Test
  void shortSleep_wouldNotHave_soTheNextLookIsInFull() {
    Patience patience = new Patience(32_000);
    patience.slept(1_000_000);
    patience.slept(32_000);
    assertThat(patience.nanos()).isEqualTo(32_000);
  }

  @Test
  void threadThatMayNotLook_neverDoes() {
    Patience patience = new Patience(0);
    patience.slept(0);
    assertThat(patience.nanos()).isZero();
  }
}
