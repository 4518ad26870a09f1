package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.OsThread;

class CpusTest {
  private static Cpus cpus(String... lists) {
    return Cpus.parse(List.of(lists)).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"2|2", "2-3|2-3", "2-3,6|2-3,6", "6,3,2|2-3,6", "0-1,1-4|0-4", "64|64", "8191|8191"})
  void parse_readsWhatTasksetReads(String text, String canonical) {
    assertThat(cpus(text)).hasToString(canonical);
    assertThat(cpus(canonical)).isEqualTo(cpus(text)).hasSameHashCodeAs(cpus(text));
  }

  @Test
  void parse_joinsAList() {
    assertThat(cpus("2-3", "6")).isEqualTo(cpus("6,2,3")).isNotEqualTo(cpus("6"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",", "1,", "a", "-1", "3-2", "1-", "0x1", "8192", "99999", " 1"})
  void parse_ofAnythingElse_isNothing(String text) {
    assertThat(Cpus.parse(List.of(text))).isEmpty();
  }

  @Test
  void without_leavesTheRest() {
    assertThat(cpus("0-4").without(cpus("1,3"))).contains(cpus("0,2,4"));
    assertThat(cpus("1").without(cpus("0-4"))).isEqualTo(Optional.empty());
  }

  /** The kernel's own words, which this process' cpuset has not narrowed since. */
  @Test
  void available_areThoseThatTheKernelLetsAThreadHave() throws Exception {
    Cpus available = Cpus.available();
    assertThat(available.without(cpus("0-8191"))).isEmpty();
    String[] told = new String[1];
    Thread thread =
        new Thread(() -> {
          available.bindThread();
          told[0] = OsThread.current().cpus();
        });
    thread.start();
    thread.join();
    assertThat(told).containsExactly(available.toString());
    Await.until("the end of the thread that was asked", () -> OsThread.named("cpus").isEmpty());
  }
}
