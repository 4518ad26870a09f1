package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

final class WindowsTest {
  private final Windows windows = new Windows();

  private void add(double perSecond, double before, double after) {
    windows.add(new Windows.Window(perSecond, 1, 1, 0, 0), before, after);
  }

  @Test
  void nearOnesCount_andFarOnesAreTold() {
    add(30, 50, 60);
    add(20, 60, 220); // the CPUs moved
    add(10, 220, 215);
    add(32, 50, 50);
    add(34, 50, 50);
    assertThat(windows.near()).isEqualTo(3);
    assertThat(windows.far()).isEqualTo(1);
    assertThat(windows.perSecond()).isEqualTo(32);
    assertThat(windows.farPerSecond()).isEqualTo(10);
  }

  @Test
  void withoutNearOnes_farOnesCount() {
    add(10, 220, 215);
    assertThat(windows.counted()).hasSize(1);
    assertThat(windows.perSecond()).isEqualTo(10);
  }

  @Test
  void nothing_isNoNumber() {
    assertThat(windows.perSecond()).isNaN();
    assertThat(windows.farPerSecond()).isNaN();
  }

  @Test
  void whatTheyComeTo_isForEachFrame_andSharesAreOfTheTime() throws IOException {
    windows.add(new Windows.Window(30, 1000, 10, 900, 950), 50, 50);
    windows.add(new Windows.Window(50, 1000, 30, 900, 970), 50, 50);
    windows.add(new Windows.Window(1, 1000, 10, 10, 10), 220, 220);
    Running.Account account = new Running.Account(OptionalDouble.of(40), Map.of("oerrors", "0"));
    Sample sample = windows.sample(account, true, Map.of("features", "0x1"));
    assertThat(sample.perSecond()).isEqualTo(40);
    assertThat(sample.backendNs()).isEqualTo(45);
    assertThat(sample.frontendNs()).isEqualTo(48);
    assertThat(sample.busyNs()).isEqualTo(40);
    assertThat(sample.share()).isEqualTo(0.9);
    assertThat(sample.near()).isTrue();
    assertThat(sample.notes())
        .containsEntry("oerrors", "0")
        .containsEntry("features", "0x1")
        .containsEntry("windows-near-far", "2 1");
    assertThat(windows.sample(account, false, Map.of()).share()).isEqualTo(0.96);
  }

  @Test
  void whereNothingCameThrough_thereIsNoSample() {
    windows.add(new Windows.Window(0, 1000, 0, 900, 950), 50, 50);
    assertThatThrownBy(() -> windows.sample(Running.Account.NONE, true, Map.of()))
        .hasMessageContaining("no frame");
  }
}
