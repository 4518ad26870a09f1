package org.kvmzone.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QemuVersionTest {
  @ParameterizedTest
  @CsvSource({
    "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18), 7.2.22",
    "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2~bpo12+1), 10.0.2",
    "QEMU emulator version 9.2.0-rc1, 9.2.0",
    "QEMU emulator version 11.0, 11.0.0"
  })
  void firstLine_hasTheVersion(String line, String version) {
    assertThat(QemuVersion.parse(line)).hasToString("Optional[" + version + "]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "qemu-img version 7.2.22", "QEMU emulator version", "QEMU emulator version x"})
  void otherLine_hasNone(String line) {
    assertThat(QemuVersion.parse(line)).isEmpty();
  }

  @Test
  void versions_areOrderedByNumberNotByText() {
    assertThat(new QemuVersion(10, 0, 2)).isGreaterThan(new QemuVersion(9, 2, 4));
    assertThat(new QemuVersion(7, 2, 22)).isGreaterThan(new QemuVersion(7, 2, 3));
    assertThat(new QemuVersion(9, 2, 0).isBefore(9, 2)).isFalse();
    assertThat(new QemuVersion(9, 1, 99).isBefore(9, 2)).isTrue();
  }
}
