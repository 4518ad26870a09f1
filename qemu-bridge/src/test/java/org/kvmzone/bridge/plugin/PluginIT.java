package org.kvmzone.bridge.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.bridge.control.RunDirectory;

/** The plugin in real QEMUs, with devices that do nothing. */
class PluginIT {
  private static final String NAME = "plugin-it-" + ProcessHandle.current().pid();
  private static final String DEVICES = ",disk=testdisk,,id=disk0,net=testnet,,id=net0";
  private static final List<String> FRONT_ENDS =
      List.of(
          "-device", "vhost-user-blk-pci,chardev=disk0",
          "-device", "virtio-net-pci,netdev=net0,vectors=0");

  @TempDir Path directory;

  /** Registers the devices of this test here, where no other test finds them. */
  @BeforeEach
  void registerDevices() throws IOException {
    Path services = Files.createDirectories(directory.resolve("META-INF/services"));
    Files.write(
        services.resolve("org.kvmzone.bridge.device.DeviceProvider"),
        List.of(TestDevice.Disk.class.getName(), TestDevice.Net.class.getName()));
  }

  @AfterEach
  void removeRunDirectory() throws IOException {
    Path own = RunDirectory.standard().path().resolve(NAME);
    Files.deleteIfExists(own.resolve("control.sock.lock"));
    Files.deleteIfExists(own); // fails if anything else was left
  }

  private String plugin(String arguments) {
    return "name=%s,classpath=target/classes:target/test-classes:%s%s"
        .formatted(NAME, directory, arguments);
  }

  private QemuProcess start(QemuVersion version, String arguments, List<String> options)
      throws IOException {
    return QemuProcess.start(version, directory, plugin(arguments), options);
  }

  private static List<String> words(List<String> some, List<String> others, String... more) {
    return Stream.of(some, others, List.of(more)).flatMap(List::stream).toList();
  }

  @ParameterizedTest
  @EnumSource
  void a_disk_and_a_card_are_there_when_the_monitor_answers_and_quit_ends_it(QemuVersion version)
      throws Exception {
    List<String> options = words(QemuProcess.sharedMemory(), FRONT_ENDS, "-S");
    try (QemuProcess qemu = start(version, DEVICES, options)) {
      qemu.awaitReady();
      assertThat(qemu.ask("{\"execute\":\"query-chardev\"}"))
          .contains("\"label\": \"disk0\"", "\"label\": \"net0\"")
          .doesNotContain("disconnected");
      assertThat(qemu.askHuman("info network")).contains("net0", "type=vhost-user");
      qemu.ask("{\"execute\":\"quit\"}");
      assertThat(qemu.awaitExit()).isZero();
      assertThat(qemu.errors().lines()).containsExactly("closed net0", "closed disk0");
    }
  }

  /** Destroyed static objects of the JVM's are of no harm to a JVM that has ended before. */
  @ParameterizedTest
  @EnumSource
  void a_jvm_that_always_collects_garbage_does_not_crash_when_qemu_exits(QemuVersion version)
      throws Exception {
    Path collecting =
        Files.writeString(
            directory.resolve("vm.opts"),
            "-XX:+UnlockDiagnosticVMOptions\n-XX:StartAggressiveSweepingAt=100\n");
    List<String> options = words(QemuProcess.sharedMemory(), FRONT_ENDS, "-S");
    try (QemuProcess qemu = start(version, DEVICES + ",jvmopts=@" + collecting, options)) {
      qemu.awaitReady().ask("{\"execute\":\"quit\"}");
      assertThat(qemu.awaitExit()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void four_queues_are_what_qemu_gets(QemuVersion version) throws Exception {
    List<String> devices =
        List.of(
            "-device", "vhost-user-blk-pci,chardev=disk0,num-queues=4",
            "-device", "virtio-net-pci,netdev=net0,mq=on,vectors=0");
    List<String> options = words(QemuProcess.sharedMemory(), devices, "-smp", "4", "-S");
    String arguments = ",disk=testdisk,,id=disk0,,queues=4,net=testnet,,id=net0,,pairs=4";
    try (QemuProcess qemu = start(version, arguments, options)) {
      String network = qemu.awaitReady().askHuman("info network");
      assertThat(network.split("type=vhost-user", -1)).as(network).hasSize(5);
      qemu.ask("{\"execute\":\"quit\"}");
      assertThat(qemu.awaitExit()).isZero();
    }
  }

  /** The firmware uses the disk; it has no driver for a card that has no firmware of its own. */
  @ParameterizedTest
  @EnumSource
  void sigterm_ends_a_guest_that_uses_its_devices(QemuVersion version) throws Exception {
    List<String> options = words(QemuProcess.sharedMemory(), FRONT_ENDS);
    try (QemuProcess qemu = start(version, DEVICES, options)) {
      qemu.awaitReady();
      qemu.terminate();
      assertThat(qemu.awaitExit()).isZero();
      assertThat(qemu.errors()).contains("terminating on signal 15").contains("closed disk0");
    }
  }

  @ParameterizedTest
  @EnumSource
  void the_strictest_sandbox_do_no_harm(QemuVersion version) throws Exception {
    String sandbox = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";
    List<String> options = words(QemuProcess.sharedMemory(), FRONT_ENDS, "-S", "-sandbox", sandbox);
    try (QemuProcess qemu = start(version, DEVICES, options)) {
      qemu.awaitReady().ask("{\"execute\":\"quit\"}");
      assertThat(qemu.awaitExit()).isZero();
      assertThat(qemu.errors().lines()).containsExactly("closed net0", "closed disk0");
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_daemon_outlives_the_process_that_started_it(QemuVersion version) throws Exception {
    Path pidFile = directory.resolve("pid");
    List<String> options =
        words(QemuProcess.sharedMemory(), FRONT_ENDS, "-daemonize", "-pidfile", pidFile + "");
    try (QemuProcess parent =
        QemuProcess.startWithoutMonitor(version, directory, plugin(DEVICES), options, Map.of())) {
      assertThat(parent.awaitExit()).as(parent.errors()).isZero();
      long pid = Long.parseLong(Files.readString(pidFile).strip());
      ProcessHandle child = ProcessHandle.of(pid).orElseThrow();
      child.destroy();
      child.onExit().get(60, TimeUnit.SECONDS);
    }
  }

  @ParameterizedTest
  @EnumSource
  void memory_of_every_kind_that_can_be_shared_is_accepted(QemuVersion version) throws Exception {
    List<List<String>> kinds =
        List.of(
            List.of(
                "-object",
                "{\"qom-type\":\"memory-backend-memfd\",\"id\":\"m\",\"size\":67108864}",
                "-machine",
                "q35,memory-backend=m"),
            List.of("-object", "memory-backend-memfd,id=m,size=64M", "-numa", "node,memdev=m"),
            List.of(
                "-object",
                "memory-backend-file,id=m,size=64M,share=on,mem-path=/dev/shm",
                "-machine",
                "microvm,memory-backend=m"));
    for (List<String> kind : kinds) {
      try (QemuProcess qemu =
          start(version, ",disk=testdisk,,id=disk0", words(kind, List.of(), "-S"))) {
        qemu.awaitReady().ask("{\"execute\":\"quit\"}");
        assertThat(qemu.awaitExit()).as(kind + ": " + qemu.errors()).isZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_second_guest_of_the_same_name_is_refused_and_leaves_the_first_alone(QemuVersion version)
      throws Exception {
    List<String> options = words(QemuProcess.sharedMemory(), FRONT_ENDS, "-S");
    Path elsewhere = Files.createDirectory(directory.resolve("second"));
    try (QemuProcess first = start(version, DEVICES, options)) {
      first.awaitReady();
      try (QemuProcess second = QemuProcess.start(version, elsewhere, plugin(DEVICES), options)) {
        assertThat(second.awaitExit()).isEqualTo(1);
        assertThat(second.errors()).startsWith("kvmzone: ").contains(NAME).contains("is in use");
      }
      Path own = RunDirectory.standard().path().resolve(NAME);
      assertThat(own.resolve("chardev-disk0.sock")).exists();
      first.ask("{\"execute\":\"quit\"}");
      assertThat(first.awaitExit()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"'', -Xof-environment", "',jvmopts=-Xof-argument', -Xof-argument"})
  void an_argument_beats_its_environment_variable(String arguments, String taken) throws Exception {
    Map<String, String> variables = Map.of("KVMZONE_JVMOPTS", "-Xof-environment");
    try (QemuProcess qemu =
        QemuProcess.startWithoutMonitor(
            QemuVersion.STOCK, directory, plugin(arguments), List.of("-S"), variables)) {
      assertThat(qemu.awaitExit()).isEqualTo(1);
      assertThat(qemu.errors()).contains("Unrecognized option: " + taken + ";");
    }
  }

  /** What cannot work: the plugin's arguments, QEMU's options, and the one line that tells. */
  static Stream<Arguments> mistakes() {
    List<String> shared = QemuProcess.sharedMemory();
    String disk = ",disk=testdisk,,id=disk0";
    return Stream.of(QemuVersion.values())
        .flatMap(qemu ->
            Stream.of(
                Arguments.of(qemu, ",dsk=x", shared, "no such argument: dsk, did you mean disk?.*"),
                Arguments.of(qemu, ",debug=perhaps", shared, "debug=perhaps: must be on or off"),
                Arguments.of(qemu, ",name=a/b", shared, "name \"a/b\": .*"),
                Arguments.of(
                    qemu, ",disk=testdisk,id=disk0", shared, ".*id=NAME is missing .*doubled.*"),
                Arguments.of(
                    qemu, ",net=testdisk,,id=d", shared, "testdisk d goes with disk=, not net="),
                Arguments.of(qemu, ",disk=zvl,,id=d", shared, "no such device: zvl .*testdisk.*"),
                Arguments.of(qemu, disk + disk, shared, ".*another device has this id"),
                Arguments.of(qemu, disk + ",,fails=no room", shared, "no room"),
                Arguments.of(
                    qemu,
                    disk + ",,fails=badly",
                    shared,
                    "internal error: .*a mistake.*debug=on.*"),
                Arguments.of(qemu, ",watch=nosuch:probe", shared, ".*nosuch.*"),
                Arguments.of(
                    qemu, ",classpath=no.jar", shared, "classpath: no.jar cannot be read.*"),
                Arguments.of(qemu, ",classpath=.", shared, "classpath: no org/kvmzone/.*"),
                Arguments.of(qemu, ",jvm=no.so", shared, "jvm=no.so cannot be read: .*"),
                Arguments.of(qemu, ",jvm=pom.xml", shared, "the JVM pom.xml did not start: .*"),
                Arguments.of(qemu, ",jvmopts=-Xno", shared, ".*Unrecognized option: -Xno; .*"),
                Arguments.of(qemu, ",jvmopts=-Xmx1k", shared, ".*Initial heap size.*; check .*"),
                Arguments.of(
                    qemu, ",jvmopts=@no.opts", shared, "jvmopts: no.opts cannot be read.*"),
                Arguments.of(qemu, disk, List.of(), ".*add -object memory-backend-memfd,.*"),
                Arguments.of(
                    qemu,
                    disk,
                    List.of(
                        "-object",
                        "memory-backend-memfd,id=m,size=64M,share=off",
                        "-machine",
                        "memory-backend=m"),
                    ".*make its object a memory-backend-memfd,id=m,.*share=on"),
                Arguments.of(
                    qemu,
                    disk,
                    List.of("-object", "memory-backend-memfd,id=m,size=64M"),
                    ".*add -machine memory-backend=m")));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void a_mistake_is_told_in_one_line_and_qemu_exits_with_1(
      QemuVersion version, String arguments, List<String> options, String line) throws Exception {
    try (QemuProcess qemu = start(version, arguments, words(options, List.of(), "-S"))) {
      assertThat(qemu.awaitExit()).as(qemu.errors()).isEqualTo(1);
      assertThat(qemu.errors().lines().filter(said -> !said.startsWith("closed ")))
          .singleElement()
          .asString()
          .matches("kvmzone: " + line);
    }
  }
}
