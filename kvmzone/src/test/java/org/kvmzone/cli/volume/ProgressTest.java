package org.kvmzone.cli.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTest {
  private static final long SECOND = 1_000_000_000;

  private final StringWriter terminal = new StringWriter();
  private final AtomicLong clock = new AtomicLong();

  private Progress progress(OptionalLong total) {
    return new Progress(new PrintWriter(terminal), "tank/a@s", total, clock::get);
  }

  @Test
  void line_hasBytesRateAndTimeLeft() {
    try (Progress progress = progress(OptionalLong.of(3L << 30))) {
      clock.set(10 * SECOND);
      progress.at(1L << 30);
      assertThat(terminal.toString()).isEqualTo("\rtank/a@s: 1.00G of 3.00G, 102M/s, 0:20 left");
    }
  }

  @Test
  void line_isWrittenTwiceASecondAndTakenAwayInTheEnd() {
    try (Progress progress = progress(OptionalLong.empty())) {
      progress.at(1);
      clock.set(SECOND / 4);
      progress.at(2);
      assertThat(terminal.toString()).isEmpty();
      clock.set(SECOND);
      progress.at(1024);
      assertThat(terminal.toString()).isEqualTo("\rtank/a@s: 1.00K, 1.00K/s");
    }
    assertThat(terminal.toString())
        .isEqualTo("\rtank/a@s: 1.00K, 1.00K/s\r" + " ".repeat(24) + "\r");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0B",
    "1023,1023B",
    "1024,1.00K",
    "1536,1.50K",
    "10240,10.0K",
    "104857600,100M",
    "1099511627776,1.00T"
  })
  void sizes_haveThreeDigits(long bytes, String text) {
    assertThat(Progress.size(bytes)).isEqualTo(text);
  }
}
