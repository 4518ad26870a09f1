package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.system.Devices.Hosting;

/** A disk grows under a guest that uses it. */
final class ResizeIT {
  private static final int SECTORS_OF_MIB = 2048;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"STOCK,BESIDE_QEMU", "TEN,IN_QEMU"})
  void aGuest_seesItsDiskGrow(QemuVersion version, Hosting hosting) throws IOException {
    String disk = "zvol,id=disk0,size=64M,path=" + directory.resolve("disk");
    try (Devices devices = new Devices(hosting, directory, 1).disk(disk).start();
        Qemu qemu =
            Qemu.start(directory, new Qemu.ByHand(version, 1, devices.arguments(version)))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      assertThat(sectors(guest)).isEqualTo(64 * SECTORS_OF_MIB);
      guest.run("mkfs.ext4 -q -F /dev/vda && mount /dev/vda /mnt && echo kept >/mnt/file");

      String host = directory.getFileName().toString();
      assertThat(Product.run("resize", host, "disk0", "96M"))
          .isEqualToIgnoringNewLines("disk0: 100663296 bytes");
      guest.run(
          "until test $(cat /sys/block/vda/size) = %d; do sleep 0.1; done"
              .formatted(96 * SECTORS_OF_MIB));
      guest.run("echo more | dd of=/dev/vda bs=512 seek=%d".formatted(96 * SECTORS_OF_MIB - 1));
      assertThat(guest.run("cat /mnt/file && umount /mnt")).contains("kept");

      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  private static int sectors(Guest guest) {
    return Integer.parseInt(guest.run("cat /sys/block/vda/size").strip());
  }
}
