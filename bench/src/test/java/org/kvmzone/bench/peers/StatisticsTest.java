package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class StatisticsTest {
  @Test
  void theMedian_ofAnOddNumber_isTheOneInTheMiddle() {
    assertThat(Statistics.median(List.of(9.0, 1.0, 5.0))).isEqualTo(5);
  }

  @Test
  void theMedian_ofAnEvenNumber_isTheMeanOfTheTwoInTheMiddle() {
    assertThat(Statistics.median(List.of(9.0, 1.0, 5.0, 6.0))).isEqualTo(5.5);
  }

  @Test
  void ofNothing_nothingIsKnown() {
    assertThat(Statistics.median(List.of())).isNaN();
    assertThat(Statistics.least(List.of())).isNaN();
    assertThat(Statistics.greatest(List.of())).isNaN();
  }
}
