package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.system.Devices.Hosting;

/** What a Linux does with a disk besides reading and writing. */
final class DiskUseIT {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"STOCK,BESIDE_QEMU", "TEN,IN_QEMU"})
  void aGuest_discards_trims_verifies_andChoosesItsCache(QemuVersion version, Hosting hosting)
      throws IOException {
    Path image = directory.resolve("disk");
    try (Devices devices =
            new Devices(hosting, directory, 4)
                .disk("zvol,id=disk0,size=64M,path=" + image)
                .start();
        Qemu qemu =
            Qemu.start(directory, new Qemu.ByHand(version, 4, devices.arguments(version)))) {
      Guest guest = qemu.guest();
      guest.awaitReady();

      guest.run("dd if=/dev/urandom of=/dev/vda bs=1M count=32 conv=fsync");
      assertThat(allocated(image)).isGreaterThanOrEqualTo(32 * MIB);
      guest.run("blkdiscard /dev/vda");
      assertThat(allocated(image)).as("all of it was given back").isLessThan(MIB);

      guest.run("mkfs.ext4 -q -F /dev/vda && mount /dev/vda /mnt");
      guest.run("dd if=/dev/urandom of=/mnt/data bs=1M count=16 conv=fsync");
      assertThat(allocated(image)).isGreaterThanOrEqualTo(16 * MIB);
      guest.run("rm /mnt/data && sync && fstrim /mnt");
      assertThat(allocated(image)).as("what was deleted was given back").isLessThan(12 * MIB);
      guest.run("umount /mnt");

      guest.run(
          "fio --name=v --filename=/dev/vda --rw=randwrite --bs=4k --size=512k --numjobs=4"
              + " --offset_increment=8M --verify=crc32c --verify_fatal=1 --ioengine=psync"
              + " --direct=1 --thread >/tmp/fio.log 2>&1 || { tail -n 20 /tmp/fio.log; false; }");

      String cache = "/sys/block/vda/queue/write_cache";
      assertThat(guest.run("cat " + cache)).isEqualToIgnoringNewLines("write back");
      String attribute = "/sys/block/vda/cache_type";
      guest.run("echo 'write through' >" + attribute);
      assertThat(guest.run("cat " + attribute + " " + cache)).doesNotContain("back");
      String host = directory.getFileName().toString();
      assertThat(Product.run("stats", host)).contains("writethrough");
      guest.run("echo 'write back' >" + attribute);
      assertThat(Product.run("stats", host)).contains("writeback");

      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  @ParameterizedTest
  @CsvSource({"STOCK,IN_QEMU", "TEN,BESIDE_QEMU"})
  void aReadOnlyDisk_isOneForItsGuest(QemuVersion version, Hosting hosting) throws IOException {
    Path image = Files.write(directory.resolve("disk"), new byte[8 * MIB]);
    try (Devices devices =
            new Devices(hosting, directory, 1)
                .disk("zvol,id=disk0,readonly=on,path=" + image)
                .start();
        Qemu qemu =
            Qemu.start(directory, new Qemu.ByHand(version, 1, devices.arguments(version)))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      assertThat(guest.run("cat /sys/block/vda/ro")).isEqualToIgnoringNewLines("1");
      guest.run("dd if=/dev/vda of=/dev/null bs=1M");
      assertThat(guest.attempt("dd if=/dev/zero of=/dev/vda bs=4k count=1").status()).isNotZero();
      assertThat(guest.attempt("blkdiscard /dev/vda").status()).isNotZero();
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  /** Bytes of storage that a sparse file takes. */
  private long allocated(Path file) throws IOException {
    List<String> words = List.of("stat", "-c", "%b", file.toString());
    try (Command stat = new Command(directory, Map.of(), words)) {
      assertThat(stat.awaitExit(Duration.ofSeconds(30))).isZero();
      return 512 * Long.parseLong(stat.output().text().strip());
    }
  }
}
