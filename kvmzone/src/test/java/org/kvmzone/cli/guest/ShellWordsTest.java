package org.kvmzone.cli.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ShellWordsTest {
  @Test
  void split_followsQuotesAndBackslashes() {
    assertThat(ShellWords.split(" -vga  'a b'\"c d\"\\ e '' \"q\\\"q\" 'b\\s' "))
        .containsExactly("-vga", "a bc d e", "", "q\"q", "b\\s");
  }

  @Test
  void split_quotationWithoutEnd_isRefused() {
    assertThatThrownBy(() -> ShellWords.split("-vga 'std"))
        .isInstanceOf(GuestException.class)
        .hasMessage("a quotation does not end: -vga 'std");
  }

  @Test
  void quote_leavesPlainWordsAlone() {
    assertThat(ShellWords.join(List.of("-m", "1G", "a=b,c:d/e", "it's", "")))
        .isEqualTo("-m 1G a=b,c:d/e 'it'\\''s' ''");
  }

  @Test
  void splitUndoesJoin() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 2000; i++) {
      List<String> words = new ArrayList<>();
      for (int n = random.nextInt(5); n > 0; n--) {
        words.add(
            random
                .ints(random.nextInt(6), 0, 9)
                .collect(
                    StringBuilder::new,
                    (text, c) -> text.append(" '\"\\ab$\n=".charAt(c)),
                    StringBuilder::append)
                .toString());
      }
      assertThat(ShellWords.split(ShellWords.join(words))).as("seed %d", seed).isEqualTo(words);
    }
  }
}
