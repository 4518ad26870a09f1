package org.kvmzone.system;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.system.Devices.Hosting;

/**
 * A guest whose NIC has as many pairs of queues as there may be switches them off and on, first
 * while it sends by several connections, then while it receives.
 */
final class MultiqueueIT {
  private static final int PAIRS = 8;
  private static final int CPUS = 2;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** How many are in use, one after the other. */
  private static final List<Integer> SWITCHED = List.of(1, 8, 3, 8, 2, 5, 8);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void queues_areSwitchedUnderLoad(QemuVersion version) throws IOException {
    TapNamespace.assumePossible(directory);
    try (Devices devices =
            new Devices(Hosting.IN_QEMU, directory, PAIRS)
                .net(
                    "vnic,id=net0,kind=tap,ifname=kvmtap0,macaddr=02:08:20:00:00:02,"
                        + "ip=10.89.0.10,netmask=255.255.255.0")
                .start();
        Qemu qemu = Qemu.start(directory, inNamespace(version, devices))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      guest.lease("eth0");
      switchDuring(guest, "5201", "tx");
      switchDuring(guest, "5202 -R", "rx");
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  private static void switchDuring(Guest guest, String port, String way) {
    String load = "iperf3 -c 10.89.0.1 -P %d -t 3600 -p %s".formatted(PAIRS, port);
    guest.run(load + " >/run/iperf3.log 2>&1 & echo $! >/run/iperf3.pid");
    for (int pairs : SWITCHED) {
      guest.run("ethtool -L eth0 combined " + pairs);
      awaitMore(guest, way);
    }
    guest.run("kill -INT $(cat /run/iperf3.pid) && wait", PATIENCE);
    guest.run("ping -c 2 -i 0.2 10.89.0.1");
  }

  /** Waits until a megabyte more has gone one way. */
  private static void awaitMore(Guest guest, String way) {
    guest.run(
        ("counter=/sys/class/net/eth0/statistics/%s_bytes; goal=$(($(cat $counter) + 1000000));"
                + " for _ in $(seq 600); do"
                + " [ $(cat $counter) -lt $goal ] || break; usleep 100000; done;"
                + " [ $(cat $counter) -ge $goal ]")
            .formatted(way),
        PATIENCE);
  }

  /** The tap's other end serves iperf3. */
  private static Qemu.Launch inNamespace(QemuVersion version, Devices devices) {
    Qemu.Launch qemu = new Qemu.ByHand(version, CPUS, devices.arguments(version));
    String tap =
        "ip tuntap add kvmtap0 mode tap vnet_hdr multi_queue; ip addr add 10.89.0.1/24 dev kvmtap0;"
            + " ip link set kvmtap0 up; "
            + TapNamespace.SERVE_IPERF3;
    return TapNamespace.launch(tap, qemu);
  }
}
