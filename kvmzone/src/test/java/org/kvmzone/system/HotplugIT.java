package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.system.Devices.Hosting;

/** Devices that come to a running guest and go again, while those it started with go on. */
final class HotplugIT {
  private static final String NIC =
      "vnic,id=net1,kind=etherstub,over=stub0,macaddr=02:08:20:00:00:02,"
          + "ip=10.88.0.12,netmask=255.255.255.0,server_ip=10.88.0.1,queues=2";
  private static final int ROUNDS = 2;

  @TempDir Path directory;

  static Stream<Arguments> everyCombination() {
    return Stream.of(QemuVersion.values())
        .flatMap(
            version -> Stream.of(Hosting.values()).map(hosting -> Arguments.of(version, hosting)));
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void guest_getsDevicesAndLosesThemAgain(QemuVersion version, Hosting hosting) throws IOException {
    Path monitor = directory.resolve("qmp");
    try (Devices devices =
        new Devices(hosting, directory, 1)
            .disk("zvol,id=disk0,size=16M,path=" + directory.resolve("disk0"))
            .start()) {
      List<String> arguments = new ArrayList<>(devices.arguments(version));
      arguments.addAll(List.of("-qmp", "unix:" + monitor + ",server=on,wait=off"));
      try (Qemu qemu = Qemu.start(directory, new Qemu.ByHand(version, 2, arguments))) {
        Guest guest = qemu.guest();
        guest.awaitReady();
        for (int i = 0; i < ROUNDS; i++) {
          plug(devices.name(), monitor);
          diskWorks(guest);
          nicWorks(guest);
          assertThat(Product.run("list", "-p", "-o", "disks,connected"))
              .contains("disk0,disk1:3/3");
          unplug(devices.name(), monitor);
          awaitGone(guest, "/sys/block/vdb");
          awaitGone(guest, "/sys/class/net/eth0");
          assertThat(Product.run("list", "-p", "-o", "disks,connected")).contains("disk0:1/1");
          guest.run("dd if=/dev/vda of=/dev/null bs=64k count=4 iflag=direct");
        }
        qemu.terminate();
        qemu.awaitEnd();
      }
    }
  }

  private void plug(String name, Path monitor) throws IOException {
    String disk = "zvol,id=disk1,serial=KZ-2,size=32M,path=" + directory.resolve("disk1");
    Product.run("add", name, "--disk", disk, "--qmp", monitor.toString());
    Product.run("add", name, "--net", NIC, "--qmp", monitor.toString());
  }

  private static void unplug(String name, Path monitor) throws IOException {
    Product.run("remove", name, "disk1", "--qmp", monitor.toString());
    Product.run("remove", name, "net1", "--qmp", monitor.toString());
  }

  private static void diskWorks(Guest guest) {
    await(guest, "[ -b /dev/vdb ]");
    assertThat(guest.run("cat /sys/block/vdb/serial")).startsWith("KZ-2");
    guest.run("mkfs.ext4 -q -F /dev/vdb && mount /dev/vdb /mnt");
    guest.run("dd if=/dev/urandom of=/mnt/data bs=1M count=4 conv=fsync");
    guest.run("md5sum /mnt/data >/mnt/sum && echo 3 >/proc/sys/vm/drop_caches");
    guest.run("md5sum -c /mnt/sum && umount /mnt");
  }

  private static void nicWorks(Guest guest) {
    await(guest, "[ -d /sys/class/net/eth0 ]");
    assertThat(guest.lease("eth0").address()).isEqualTo("10.88.0.12/24");
    guest.run("ping -c 2 -i 0.2 10.88.0.1");
  }

  private static void awaitGone(Guest guest, String path) {
    await(guest, "[ ! -e " + path + " ]");
  }

  /** The guest notices in its own time. */
  private static void await(Guest guest, String condition) {
    guest.run("for i in $(seq 100); do " + condition + " && break; sleep 0.1; done; " + condition);
  }
}
