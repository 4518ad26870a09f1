package org.kvmzone.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.cli.qemu.Accelerator.Kind;

class QuirkTest {
  @ParameterizedTest
  @CsvSource({
    "NO_MSIX_FOR_NICS, 7, 2, TCG, true",
    "NO_MSIX_FOR_NICS, 7, 2, KVM, false",
    "NO_MSIX_FOR_NICS, 9, 2, TCG, true",
    "NO_MSIX_FOR_NICS, 10, 0, TCG, false",
    "RECONNECT_IN_SECONDS, 7, 2, KVM, true",
    "RECONNECT_IN_SECONDS, 9, 1, TCG, true",
    "RECONNECT_IN_SECONDS, 9, 2, TCG, false",
    "RECONNECT_IN_SECONDS, 10, 0, KVM, false",
    "NO_TIMER_CHECK, 10, 0, TCG, true",
    "NO_TIMER_CHECK, 7, 2, KVM, false"
  })
  void quirk_appliesToThoseWhoNeedIt(
      Quirk quirk, int major, int minor, Kind accelerator, boolean applies) {
    assertThat(quirk.appliesTo(new QemuVersion(major, minor, 3), accelerator)).isEqualTo(applies);
  }

  @ParameterizedTest
  @EnumSource
  void quirk_saysWhy(Quirk quirk) {
    assertThat(quirk.what()).isNotBlank();
    assertThat(quirk.why()).hasSizeGreaterThan(20);
  }
}
