package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The harness itself, with QEMU's own devices: what fails here is not the fault of ours. */
final class StockDevicesIT {
  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void guest_obeysLeasesAndRebootsUntilQemuIsToldToQuit(QemuVersion version) throws IOException {
    try (Qemu qemu =
        Qemu.Options.of(version, directory)
            .with("-netdev", "user,id=net0", "-device", "virtio-net-pci,netdev=net0,romfile=")
            .start()) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      assertThat(guest.run("echo hello; uname -s")).isEqualTo("hello\nLinux");
      assertThat(guest.attempt("false").status()).isEqualTo(1);
      assertThat(guest.lease("eth0").address()).isEqualTo("10.0.2.15/24");

      guest.tell("reboot -f");
      guest.awaitReady();

      qemu.qmp().execute("quit");
      assertThat(qemu.awaitExit()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void qemu_endsAtSigterm(QemuVersion version) throws IOException {
    try (Qemu qemu = Qemu.Options.of(version, directory).start()) {
      qemu.guest().awaitReady();
      qemu.terminate();
      assertThat(qemu.awaitExit()).isZero();
    }
  }
}
