package org.kvmzone.system;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.system.Devices.Hosting;

/** A guest on a tap with several queues, in a network namespace that lives as long as its QEMU. */
final class TapIT {
  private static final int QUEUES = 2;

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void guest_reachesTheHostsSideOfATap(QemuVersion version) throws IOException {
    TapNamespace.assumePossible(directory);
    try (Devices devices =
            new Devices(Hosting.IN_QEMU, directory, QUEUES)
                .net(
                    "vnic,id=net0,kind=tap,ifname=kvmtap0,macaddr=02:08:20:00:00:02,"
                        + "ip=10.89.0.10,netmask=255.255.255.0")
                .start();
        Qemu qemu = Qemu.start(directory, inNamespace(version, devices))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      guest.lease("eth0");
      for (int cpu = 0; cpu < QUEUES; cpu++) {
        guest.run("taskset %x ping -c 3 -i 0.2 10.89.0.1".formatted(1 << cpu));
      }
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  private static Qemu.Launch inNamespace(QemuVersion version, Devices devices) {
    Qemu.Launch qemu = new Qemu.ByHand(version, QUEUES, devices.arguments(version));
    String tap =
        "ip tuntap add kvmtap0 mode tap vnet_hdr multi_queue; ip addr add 10.89.0.1/24 dev kvmtap0;"
            + " ip link set kvmtap0 up";
    return TapNamespace.launch(tap, qemu);
  }
}
