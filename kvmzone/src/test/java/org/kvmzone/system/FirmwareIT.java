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
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.ControlException;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.system.Devices.Hosting;

/**
 * Guests without an operating system: a boot sector makes the firmware's driver use a disk of ours,
 * while QEMU does all that it can do with a guest.
 */
final class FirmwareIT {
  private static final int BOOTS = 20;
  private static final String NIC =
      "vnic,id=net0,kind=etherstub,over=stub0,macaddr=02:08:20:00:00:01";

  /** Two seconds; and as much again for machines that run other tests meanwhile. */
  private static final Duration STOP = Duration.ofSeconds(4);

  @TempDir Path directory;

  static Stream<Arguments> everyCombination() {
    return Stream.of(QemuVersion.values())
        .flatMap(
            version -> Stream.of(Hosting.values()).map(hosting -> Arguments.of(version, hosting)));
  }

  private Devices devices(Hosting hosting, String more) throws IOException {
    String disk = "zvol,id=disk0,path=" + directory.resolve("disk") + more;
    return new Devices(hosting, directory, 1).net(NIC).disk(disk).start();
  }

  private Qemu start(QemuVersion version, Devices devices, List<String> more) throws IOException {
    List<String> options = new ArrayList<>(more);
    if (!options.contains("-m")) {
      options.addAll(List.of("-m", "64"));
    }
    options.addAll(devices.arguments(version));
    return Qemu.start(directory, (console, monitor) -> words(version, console, monitor, options));
  }

  private static List<String> words(
      QemuVersion version, Path console, Path monitor, List<String> more) {
    List<String> words = new ArrayList<>(List.of(version.require().toString()));
    words.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none"));
    words.addAll(List.of("-accel", "tcg,thread=single", "-M", "pc,memory-backend=mem"));
    words.addAll(List.of("-object", "memory-backend-memfd,id=mem,size=64M,share=on"));
    words.addAll(List.of("-serial", "unix:" + console));
    words.addAll(Qemu.monitor(monitor));
    words.addAll(more);
    return words;
  }

  /** The process that hosts the devices. */
  private static long process(Devices devices, Qemu qemu) {
    return devices.isProcess() ? devices.pid() : qemu.pid();
  }

  private long counter(Devices devices, String kstat) throws IOException {
    try (ControlClient host =
        ControlClient.connect(RunDirectory.standard().socket(devices.name()))) {
      Json.Obj stats = host.call("stats", Json.object().put("device", "disk0").build());
      Json counters = member(((Json.Arr) member(stats, "devices")).values().getFirst(), "counters");
      return ((Json.Whole) member(counters, kstat)).value();
    } catch (ControlException e) {
      throw new AssertionError(e);
    }
  }

  private static Json member(Json object, String name) {
    return Objects.requireNonNull(((Json.Obj) object).members().get(name), name);
  }

  private void awaitReads(Devices devices) throws IOException {
    long before = counter(devices, "reads");
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (counter(devices, "reads") < before + 100) {
      assertThat(System.nanoTime()).as("until the guest goes on reading").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private static void stop(Qemu qemu) {
    long begun = System.nanoTime();
    qemu.terminate();
    qemu.awaitEnd();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(STOP);
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void firmware_boots_twenty_times(QemuVersion version, Hosting hosting) throws IOException {
    Path disk = BootDisk.rebooting(directory.resolve("disk"), 2);
    try (Devices devices = devices(hosting, "");
        Qemu qemu = start(version, devices, List.of())) {
      long host = process(devices, qemu);
      qemu.guest().awaitReady();
      qemu.guest().awaitReady();
      Footprint second = Footprint.of(host);
      BootDisk.wanted(disk, BOOTS);
      qemu.qmp().execute("system_reset");
      for (int boot = 3; boot <= BOOTS; boot++) {
        qemu.guest().awaitReady();
      }
      Footprint last = Footprint.awaitNoMoreThan(second, host);
      assertThat(last.guestMemory()).isEqualTo(second.guestMemory());
      stop(qemu);
      assertThat(BootDisk.boots(disk)).isEqualTo(BOOTS);
    }
  }

  /** QEMU's options, by what they are about. */
  enum Manner {
    STRICT_SANDBOX(
        "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
    LOCKED_MEMORY("-overcommit mem-lock=on"),
    STOPPED_FIRST("-S");

    private final String options;

    Manner(String options) {
      this.options = options;
    }

    List<String> options() {
      return List.of(options.split(" "));
    }
  }

  static Stream<Arguments> everyManner() {
    return everyCombination()
        .flatMap(combination ->
            Stream.of(Manner.values())
                .map(manner -> Arguments.of(combination.get()[0], combination.get()[1], manner)));
  }

  @ParameterizedTest
  @MethodSource("everyManner")
  void a_disk_that_is_read_keeps_nobody_from_stopping_qemu(
      QemuVersion version, Hosting hosting, Manner manner) throws IOException {
    assumeTrue(
        manner != Manner.LOCKED_MEMORY || System.getProperty("user.name").equals("root"),
        "locking memory is for root");
    Path disk = BootDisk.reading(directory.resolve("disk"));
    try (Devices devices = devices(hosting, "");
        Qemu qemu = start(version, devices, manner.options())) {
      if (manner == Manner.STOPPED_FIRST) {
        qemu.qmp().execute("cont");
      }
      qemu.guest().awaitReady();
      awaitReads(devices);
      stop(qemu);
      assertThat(disk).exists();
    }
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void memory_that_is_plugged_in_is_announced_while_the_disk_is_read(
      QemuVersion version, Hosting hosting) throws IOException {
    Path disk = BootDisk.reading(directory.resolve("disk"));
    try (Devices devices = devices(hosting, "");
        Qemu qemu = start(version, devices, List.of("-m", "64,slots=4,maxmem=1G"))) {
      qemu.guest().awaitReady();
      awaitReads(devices);
      int regions = Footprint.of(process(devices, qemu)).guestMemory();
      for (int i = 1; i <= 2; i++) {
        long before = counter(devices, "messages");
        Map<String, ?> memory =
            Map.of(
                "qom-type",
                "memory-backend-memfd",
                "id",
                "m" + i,
                "size",
                128 << 20,
                "share",
                true);
        qemu.qmp().execute("object-add", memory);
        qemu.qmp()
            .execute("device_add", Map.of("driver", "pc-dimm", "id", "d" + i, "memdev", "m" + i));
        assertThat(counter(devices, "messages")).isGreaterThan(before);
        awaitReads(devices);
      }
      // In QEMU each is mapped twice: by QEMU and by the device.
      assertThat(Footprint.of(process(devices, qemu)).guestMemory())
          .isGreaterThanOrEqualTo(regions + 2);
      assertThat(counter(devices, "refused")).isZero();
      stop(qemu);
      assertThat(disk).exists();
    }
  }

  /** QEMU keeps the state of its guest in a disk of its own; ours is read-only, and stays so. */
  @ParameterizedTest
  @MethodSource("everyCombination")
  void a_snapshot_is_gone_back_to(QemuVersion version, Hosting hosting) throws IOException {
    Path disk = BootDisk.reading(directory.resolve("disk"));
    byte[] content = Files.readAllBytes(disk);
    String state = directory.resolve("state").toString();
    try (Command image =
        new Command(directory, Map.of(), List.of("qemu-img", "create", "-fqcow2", state, "1G"))) {
      assertThat(image.awaitExit(Duration.ofSeconds(30))).as(image.output().text()).isZero();
    }
    try (Devices devices = devices(hosting, ",readonly=on");
        Qemu qemu = start(version, devices, List.of("-drive", "if=none,id=state,file=" + state))) {
      qemu.guest().awaitReady();
      awaitReads(devices);
      for (String order : List.of("savevm there", "loadvm there", "loadvm there")) {
        assertThat(
                qemu.qmp().execute("human-monitor-command", Map.of("command-line", order)).asText())
            .as(order)
            .isEmpty();
        awaitReads(devices);
      }
      stop(qemu);
    }
    assertThat(Files.readAllBytes(disk)).isEqualTo(content);
  }
}
