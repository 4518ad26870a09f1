package org.kvmzone.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    assumeTrue(mayMakeTaps(), "this user may not make a tap in a network namespace of its own");
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
            + " ip link set kvmtap0 up; exec \"$@\"";
    return (console, monitor) -> {
      List<String> words = new ArrayList<>(List.of("unshare", "--net", "sh", "-ec", tap, "sh"));
      words.addAll(qemu.words(console, monitor));
      return words;
    };
  }

  private boolean mayMakeTaps() throws IOException {
    List<String> words =
        List.of("unshare", "--net", "ip", "tuntap", "add", "kvmtap0", "mode", "tap");
    try (Command command = new Command(directory, Map.of(), words)) {
      return command.awaitExit(Duration.ofSeconds(10)) == 0;
    }
  }
}
