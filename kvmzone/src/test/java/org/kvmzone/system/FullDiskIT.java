package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.system.Devices.Hosting;

/** A guest whose disk is on storage that is full: it waits until there is room. */
final class FullDiskIT {
  @TempDir Path directory;

  private int host(String... words) throws IOException {
    try (Command command = new Command(directory, Map.of(), List.of(words))) {
      return command.awaitExit(Duration.ofSeconds(30));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aGuest_isStoppedWhenThereIsNoRoom_andItsWritesAreDoneWhenThereIs(QemuVersion version)
      throws IOException {
    Path full = Files.createDirectory(directory.resolve("full"));
    assumeTrue(
        host("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", "" + full) == 0,
        "may not mount a tmpfs: storage that is full is not tested");
    try (Devices devices =
            new Devices(Hosting.IN_QEMU, directory, 2)
                .disk("zvol,id=disk0,size=64M,path=" + full.resolve("disk"))
                .start();
        Qemu qemu =
            Qemu.start(directory, new Qemu.ByHand(version, 2, devices.arguments(version)))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      guest.run("dd if=/dev/urandom of=/tmp/data bs=1M count=24 && md5sum </tmp/data >/tmp/sum");
      guest.tell("dd if=/tmp/data of=/dev/vda bs=1M conv=fsync");
      awaitStop(qemu);

      // No room yet: it stops again, with its requests as they were.
      qemu.qmp().execute("cont");
      awaitStop(qemu);

      assertThat(host("mount", "-o", "remount,size=64m", "" + full)).isZero();
      qemu.qmp().execute("cont");
      assertThat(guest.awaitExit().status()).isZero();
      assertThat(status(qemu)).isEqualTo("running");
      guest.run("echo 3 >/proc/sys/vm/drop_caches");
      assertThat(guest.run("dd if=/dev/vda bs=1M count=24 | md5sum | cut -c 1-32"))
          .contains(guest.run("cut -c 1-32 /tmp/sum"));
      assertThat(guest.run("dmesg")).doesNotContain("I/O error");
      assertThat(qemu.said())
          .contains("disk0: write of ", "No space left on device; the guest is being stopped");
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    } finally {
      assertThat(host("umount", "" + full)).isZero();
    }
  }

  /** Looks every now and then: events may have passed by the answers of commands. */
  private static void awaitStop(Qemu qemu) {
    Instant end = Instant.now().plusSeconds(60);
    while (!status(qemu).equals("io-error")) {
      assertThat(Instant.now()).as(qemu.said()).isBefore(end);
      LockSupport.parkNanos(100_000_000);
    }
  }

  private static String status(Qemu qemu) {
    return qemu.qmp().execute("query-status").path("status").asText();
  }
}
