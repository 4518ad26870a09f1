package org.kvmzone.system;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.system.Devices.Hosting;

/**
 * A guest sees its link go down with the host's, and come up with it, even after it was deleted.
 */
final class LinkStateIT {
  /** Always of one address: a guest asks for another no sooner than it misses the old one. */
  private static final String TAP =
      "ip tuntap add kvmtap0 mode tap vnet_hdr && ip link set kvmtap0 address 02:08:20:00:00:01"
          + " && ip addr add 10.89.0.1/24 dev kvmtap0 && ip link set kvmtap0 up";

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void guest_seesTheStateOfItsTap(QemuVersion version) throws IOException {
    TapNamespace.assumePossible(directory);
    try (Devices devices =
            new Devices(Hosting.IN_QEMU, directory, 1)
                .net(
                    "vnic,id=net0,kind=tap,ifname=kvmtap0,macaddr=02:08:20:00:00:02,"
                        + "ip=10.89.0.10,netmask=255.255.255.0")
                .start();
        Qemu qemu = Qemu.start(directory, inNamespace(version, devices))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      guest.lease("eth0");
      guest.run("ping -c 1 10.89.0.1");

      host(qemu, "ip link set kvmtap0 down");
      awaitCarrier(guest, 0);
      host(qemu, "ip link set kvmtap0 up");
      awaitCarrier(guest, 1);
      ping(guest);

      host(qemu, "ip link del kvmtap0");
      awaitCarrier(guest, 0);
      host(qemu, TAP);
      awaitCarrier(guest, 1);
      ping(guest);
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  private static void awaitCarrier(Guest guest, int carrier) {
    String is = "[ $(cat /sys/class/net/eth0/carrier) = " + carrier + " ]";
    guest.run("for i in $(seq 60); do " + is + " && break; sleep 0.5; done; " + is);
  }

  private static void ping(Guest guest) {
    guest.run("for i in $(seq 30); do ping -c 1 -W 1 10.89.0.1 && break; done");
    guest.run("ping -c 1 10.89.0.1");
  }

  private void host(Qemu qemu, String order) throws IOException {
    String namespace = "--net=/proc/" + qemu.pid() + "/ns/net";
    if (exit("nsenter", namespace, "sh", "-ec", order) != 0) {
      throw new AssertionError("failed: " + order);
    }
  }

  private int exit(String... words) throws IOException {
    try (Command command = new Command(directory, Map.of(), List.of(words))) {
      return command.awaitExit(Duration.ofSeconds(10));
    }
  }

  private static Qemu.Launch inNamespace(QemuVersion version, Devices devices) {
    Qemu.Launch qemu = new Qemu.ByHand(version, 1, devices.arguments(version));
    return TapNamespace.launch(TAP, qemu);
  }
}
