package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SmallPartsTest {
  @Test
  void cpuTime_isReadBehindANameWithBlanksAndParentheses() {
    String line = "42 (a) b (c) S 1 42 42 0 -1 4194560 915 0 0 0 123 45 6 1 20 0 1 0 100 0 0 0\n";
    assertThat(ProcStat.cpuNanos(line)).isEqualTo(1_680_000_000L);
    assertThat(ProcStat.childrenNanos(line)).isEqualTo(70_000_000L);
  }

  @ParameterizedTest
  @CsvSource({
    "net/*/sink/*, net/64/sink/split, true",
    "*, net/64/sink/split, true",
    "net/64, net/64/sink/split, false",
    "net/64/sink/split, net/64/sink/split, true",
    "net/64/sink/spli?, net/64/sink/split, false"
  })
  void aGlob_meansWholeNames(String glob, String name, boolean matches) {
    assertThat(RunOptions.pattern(glob).matcher(name).matches()).isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource({"104e9, 104 G", "31234567, 31.2 M", "1234567, 1.23 M", "523456, 523 k", "42, 42.0"})
  void counts_haveThreeDigits(double count, String text) {
    assertThat(Figures.count(count)).isEqualTo(text);
  }
}
