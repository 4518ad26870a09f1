package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.system.Devices.Hosting;

/**
 * Linux guests that leave checksums and segmentation undone, or are not let: TCP arrives whole at
 * the host's kernel and at another guest, both ways, and no checksum is wrong.
 */
final class OffloadIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int BYTES = 8 << 20;

  /** Feature bits as Linux shows them, from 0 up: GUEST_CSUM, GUEST_TSO4, HOST_TSO4, HOST_USO. */
  private static final List<Integer> SOME = List.of(1, 7, 11);

  private static final int HOST_USO = 56;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"STOCK,1500,''", "TEN,1500,''", "TEN,9000,''", "STOCK,1500,',csum=off'"})
  void guestOnATap_andTheHost(QemuVersion version, int mtu, String properties) throws IOException {
    TapNamespace.assumePossible(directory);
    try (Devices devices =
            new Devices(Hosting.IN_QEMU, directory, 1)
                .net(
                    "vnic,id=net0,kind=tap,ifname=kvmtap0,macaddr=02:08:20:00:00:02,"
                        + "ip=10.89.0.10,netmask=255.255.255.0,mtu=9000"
                        + properties)
                .start();
        Qemu qemu = Qemu.start(directory, inNamespace(version, mtu, devices))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      guest.lease("eth0");
      guest.run("ip link set eth0 mtu " + mtu);
      assertOffloads(guest, properties.isEmpty());
      guest.run("ping -c 2 -i 0.2 -s %d 10.89.0.1".formatted(mtu - 28));
      long frames = sent(guest);
      send(guest, "10.89.0.1", "5201");
      assertLengths(sent(guest) - frames, mtu, properties.isEmpty());
      send(guest, "10.89.0.1", "5202 -R");
      assertNoErrors(guest);
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  /** The tap's other end serves iperf3. */
  private static Qemu.Launch inNamespace(QemuVersion version, int mtu, Devices devices) {
    Qemu.Launch qemu = new Qemu.ByHand(version, 1, devices.arguments(version));
    String tap =
        ("ip tuntap add kvmtap0 mode tap vnet_hdr; ip addr add 10.89.0.1/24 dev kvmtap0;"
                + " ip link set kvmtap0 mtu %d up; "
                + TapNamespace.SERVE_IPERF3)
            .formatted(mtu);
    return TapNamespace.launch(tap, qemu);
  }

  /** The other guest takes what is undone, or gets it done. */
  @ParameterizedTest
  @CsvSource({"TEN,''", "STOCK,',csum=off'"})
  void twoGuestsOnAnEtherstub(QemuVersion version, String properties) throws IOException {
    try (Server server = serve(properties);
        Qemu left = guest(version, "left", 10);
        Qemu right = guest(version, "right", 11)) {
      Guest sender = left.guest();
      Guest receiver = right.guest();
      sender.awaitReady();
      receiver.awaitReady();
      sender.lease("eth0");
      receiver.lease("eth0");
      assertOffloads(sender, true);
      assertOffloads(receiver, properties.isEmpty());
      receiver.run("iperf3 -s -D; sleep 1");
      long frames = sent(sender);
      send(sender, "10.92.0.11", "5201");
      assertLengths(sent(sender) - frames, 1500, true);
      send(sender, "10.92.0.11", "5201 -R");
      assertNoErrors(sender);
      assertNoErrors(receiver);
      left.terminate();
      right.terminate();
      left.awaitEnd();
      right.awaitEnd();
      assertThat(server.terminate()).as("exit of kvmzone serve").isZero();
    }
  }

  private Server serve(String properties) throws IOException {
    List<String> devices = new ArrayList<>(devices("left", 10));
    devices.addAll(devices("right", 11));
    devices.set(devices.size() - 1, devices.getLast() + properties);
    return new Server(directory.getFileName().toString(), directory, devices);
  }

  private static List<String> devices(String guest, int number) {
    return List.of(
        "--net",
        "vnic,id=%s,over=stub0,macaddr=02:08:20:00:02:%d,ip=10.92.0.%d,netmask=255.255.255.0"
            .formatted(guest, number, number));
  }

  private Qemu guest(QemuVersion version, String name, int number) throws IOException {
    GuestKit kit = GuestKit.require();
    List<String> words = new ArrayList<>(List.of("--name", directory.getFileName() + "-" + name));
    words.addAll(List.of("--served-in", directory.toString(), "--ram", "256"));
    words.addAll(List.of("--kernel", kit.kernel().toString(), "--initrd", kit.initrd().toString()));
    words.addAll(List.of("--append", GuestKit.COMMAND_LINE));
    words.addAll(devices(name, number));
    return Qemu.start(
        Files.createDirectory(directory.resolve(name)), new Qemu.ByRun(version, words));
  }

  private static void assertOffloads(Guest guest, boolean on) {
    String bits = guest.run("cat /sys/class/net/eth0/device/features").trim();
    for (int bit : SOME) {
      assertThat(bits.charAt(bit)).as("feature %d of %s", bit, bits).isEqualTo(on ? '1' : '0');
    }
    // QEMU does not let USO through vhost-user: what is said of it in docs/vhost-user.md.
    assertThat(bits.charAt(HOST_USO)).as("HOST_USO of %s", bits).isEqualTo('0');
  }

  private static long sent(Guest guest) {
    return Long.parseLong(guest.run("cat /sys/class/net/eth0/statistics/tx_packets").trim());
  }

  private static void send(Guest guest, String to, String port) {
    String order = "iperf3 -c %s -n %d -p %s".formatted(to, BYTES, port);
    assertThat(guest.run(order, PATIENCE)).contains("receiver");
  }

  /**
   * What is left unsegmented is a few long frames. Linux counts a frame when it takes its buffer
   * back: of those that are still in the ring, up to 1024, nobody knows.
   */
  private static void assertLengths(long frames, int mtu, boolean unsegmented) {
    long some = BYTES / mtu * 3L / 4;
    if (unsegmented) {
      assertThat(frames).as("frames sent").isLessThan(some);
    } else {
      assertThat(frames).as("frames sent").isGreaterThan(some);
    }
  }

  private static void assertNoErrors(Guest guest) {
    // The names, and below them the values.
    String errors =
        "awk '/^Tcp:/ { if (!n) { for (i = 1; i <= NF; i++) name[i] = $i; n = 1 } else"
            + " for (i = 1; i <= NF; i++) if (name[i] ~ /InErrs|InCsumErrors/) print $i }'"
            + " /proc/net/snmp";
    assertThat(guest.run(errors).lines()).as("TCP segments that were wrong").containsOnly("0");
  }
}
