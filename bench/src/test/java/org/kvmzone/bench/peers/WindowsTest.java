package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

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
}
