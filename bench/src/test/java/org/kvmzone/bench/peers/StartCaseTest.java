package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class StartCaseTest {
  private static final long MILLI = 1_000_000;

  private static final List<StartCase.Look> LOOKS =
      List.of(
          new StartCase.Look(0, 0),
          new StartCase.Look(50 * MILLI, 100),
          new StartCase.Look(150 * MILLI, 1100),
          new StartCase.Look(250 * MILLI, 3100));

  @Test
  void aRate_isOfTheFramesBetweenTwoMoments() {
    assertThat(StartCase.rate(LOOKS, 50 * MILLI, 250 * MILLI)).isEqualTo(15_000);
  }

  @Test
  void betweenLooks_framesComeEvenly() {
    assertThat(StartCase.rate(LOOKS, 0, 100 * MILLI)).isEqualTo(6_000);
  }
}
