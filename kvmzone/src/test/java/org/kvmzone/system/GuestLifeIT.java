package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.system.Devices.Hosting;

/** A guest with a NIC and a disk of ours, from its first boot over a reboot to QEMU's end. */
final class GuestLifeIT {
  private static final String NIC =
      "vnic,id=net0,kind=etherstub,over=stub0,macaddr=02:08:20:00:00:01,"
          + "ip=10.88.0.10,netmask=255.255.255.0,server_ip=10.88.0.1";

  @TempDir Path directory;

  /** How QEMU is made to end. */
  enum End {
    QUIT,
    SIGTERM
  }

  static Stream<Arguments> everyCombination() {
    return Stream.of(QemuVersion.values())
        .flatMap(version ->
            Stream.of(Hosting.values())
                .flatMap(hosting ->
                    Stream.of(
                        Arguments.of(version, hosting, 1, End.QUIT),
                        Arguments.of(version, hosting, 4, End.SIGTERM))));
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void guest_livesOnOurDevices(QemuVersion version, Hosting hosting, int queues, End end)
      throws IOException {
    try (Devices devices =
            new Devices(hosting, directory, queues)
                .net(NIC)
                .disk("zvol,id=disk0,serial=KZ-1,size=64M,path=" + directory.resolve("disk"))
                .start();
        Qemu qemu =
            Qemu.start(directory, new Qemu.ByHand(version, queues, devices.arguments(version)))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      assertThat(guest.lease("eth0").address()).isEqualTo("10.88.0.10/24");
      assertThat(guest.run("cat /sys/block/vda/serial")).startsWith("KZ-1");
      assertThat(guest.run("ls /sys/block/vda/mq | wc -l")).isEqualTo("" + queues);
      everyProcessorUsesItsQueues(guest, queues);
      guest.run("mkfs.ext4 -q -F /dev/vda && mount /dev/vda /mnt");
      guest.run("dd if=/dev/urandom of=/mnt/data bs=1M count=8 conv=fsync");
      guest.run("md5sum /mnt/data >/mnt/sum && echo 3 >/proc/sys/vm/drop_caches");
      guest.run("md5sum -c /mnt/sum && umount /mnt");

      guest.tell("reboot -f");
      guest.awaitReady();
      guest.run("mount /dev/vda /mnt && md5sum -c /mnt/sum");
      assertThat(guest.lease("eth0").address()).isEqualTo("10.88.0.10/24");

      end(qemu, end);
      qemu.awaitEnd();
    }
  }

  /** Linux gives each processor a queue; so each of them pings, and reads past the page cache. */
  private static void everyProcessorUsesItsQueues(Guest guest, int queues) {
    for (int cpu = 0; cpu < queues; cpu++) {
      for (String order :
          List.of("ping -c 1 10.88.0.1", "dd if=/dev/vda of=/dev/null bs=64k count=4")) {
        guest.run("echo 3 >/proc/sys/vm/drop_caches; taskset %x %s".formatted(1 << cpu, order));
      }
    }
  }

  private static void end(Qemu qemu, End end) {
    switch (end) {
      case QUIT -> qemu.qmp().execute("quit");
      case SIGTERM -> qemu.terminate();
    }
  }
}
