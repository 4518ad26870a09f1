package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.system.Devices.Hosting;

/** What a guest sends and receives, and what of it is dropped, is seen from outside. */
final class CaptureIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String NET =
      "vnic,id=net0,over=stub0,macaddr=02:08:20:00:00:02,ip=10.90.0.10,netmask=255.255.255.0,"
          + "server_ip=10.90.0.1";
  private static final String PING = "ping -c 2 -i 0.2 10.90.0.1";

  /** From another address than its own; nobody answers. */
  private static final String SPOOFED_PING =
      "ip addr add 10.90.0.66/24 dev eth0 && ! ping -c 1 -W 1 -I 10.90.0.66 10.90.0.1";

  @TempDir Path directory;

  private Command capture(Devices devices, String... arguments) throws IOException {
    List<String> words = new ArrayList<>(Product.command());
    words.addAll(List.of("capture", devices.name() + "/net0"));
    words.addAll(List.of(arguments));
    return new Command(directory, Map.of(), words);
  }

  /** Once the first frame is there, the capture is on. */
  private static void awaitFirst(Guest guest, Command capture) {
    await(guest, () -> capture.output().text().contains(" in "));
  }

  private static void await(Guest guest, BooleanSupplier captured) {
    long begun = System.nanoTime();
    while (!captured.getAsBoolean()) {
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(PATIENCE);
      guest.run(PING);
    }
  }

  @ParameterizedTest
  @EnumSource
  void pings_areSeenBothWays_andDroppedOnesWithTheReason(Hosting hosting) throws IOException {
    try (Devices devices = new Devices(hosting, directory, 1).net(NET).start();
        Qemu qemu =
            Qemu.start(
                directory,
                new Qemu.ByHand(QemuVersion.TEN, 1, devices.arguments(QemuVersion.TEN)))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      guest.lease("eth0");
      try (Command lines = capture(devices)) {
        awaitFirst(guest, lines);
        guest.run(SPOOFED_PING);
        lines.output().await("ip-nospoof-fail", PATIENCE);
        // Not by the process itself, which would close what we read from, too.
        assertThat(ProcessHandle.of(lines.pid()).orElseThrow().destroy()).isTrue();
        assertThat(lines.awaitExit(PATIENCE)).isZero();
        assertThat(lines.output().text())
            .containsPattern(
                Pattern.compile(
                    "out IP 10.90.0.10 > 10.90.0.1: ICMP echo request, id \\d+, seq \\d+,"
                        + " length 64 \\[answered: echo-reply\\]"))
            .containsPattern("in IP 10.90.0.1 > 10.90.0.10: ICMP echo reply")
            .containsPattern("out .*\\[dropped: ip-nospoof-fail\\]")
            .containsPattern("frames captured, 0 missed");
      }
      filesAreWhole(devices, guest);
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  private void filesAreWhole(Devices devices, Guest guest) throws IOException {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/tshark")),
        "tshark is not installed: apt install tshark");
    try (Command counted =
        capture(devices, "-w", "counted.pcapng", "-c", "3", "icmp and src host 10.90.0.1")) {
      Path file = directory.resolve("counted.pcapng");
      await(guest, () -> file.toFile().length() > 0);
      guest.run("ping -c 4 -i 0.2 10.90.0.1");
      assertThat(counted.awaitExit(PATIENCE)).isZero();
      assertThat(counted.output().text()).contains("3 frames captured");
      assertThat(tshark(file)).hasSize(3).allMatch(line -> line.contains("Echo (ping) reply"));
    }
  }

  private List<String> tshark(Path file) throws IOException {
    List<String> words = List.of("sh", "-c", "tshark -n -r " + file + " 2>err");
    try (Command tshark = new Command(directory, Map.of(), words)) {
      assertThat(tshark.awaitExit(PATIENCE)).isZero();
      return tshark.output().text().lines().toList();
    }
  }

  @Test
  void killedCommand_leavesNoCaptureBehind_andAKilledProcessAWholeFile() throws IOException {
    try (Devices devices = new Devices(Hosting.BESIDE_QEMU, directory, 1).net(NET).start();
        Qemu qemu =
            Qemu.start(
                directory,
                new Qemu.ByHand(QemuVersion.STOCK, 1, devices.arguments(QemuVersion.STOCK)))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      guest.lease("eth0");
      try (Command killed = capture(devices)) {
        awaitFirst(guest, killed);
      }
      try (Command next = capture(devices)) {
        awaitFirst(guest, next);
        ProcessHandle.of(devices.pid()).orElseThrow().destroyForcibly();
        assertThat(next.awaitExit(PATIENCE)).isZero();
        assertThat(next.output().text()).contains("what hosts the NIC is gone");
      }
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }
}
