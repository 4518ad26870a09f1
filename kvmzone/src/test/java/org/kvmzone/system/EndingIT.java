package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.system.Devices.Hosting;

/** SIGTERM at bad moments: QEMU ends, and so does the process beside it, within seconds. */
final class EndingIT {
  /** Two seconds; and as much again for machines that run other tests meanwhile. */
  private static final Duration STOP = Duration.ofSeconds(4);

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ROUNDS = Integer.getInteger("kvmzone.ending.rounds", 5);
  private static final int LATEST_MILLIS = 2000;
  private static final int SIGTERM_BEFORE_ITS_HANDLER = 128 + 15;

  @TempDir Path directory;

  static Stream<Arguments> everyCombination() {
    return Stream.of(QemuVersion.values())
        .flatMap(
            version -> Stream.of(Hosting.values()).map(hosting -> Arguments.of(version, hosting)));
  }

  private static List<String> machine(QemuVersion version) {
    List<String> words = new ArrayList<>(List.of(version.require().toString()));
    words.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none"));
    words.addAll(List.of("-accel", "tcg,thread=single", "-m", "64"));
    words.addAll(List.of("-object", "memory-backend-memfd,id=mem,size=64M,share=on"));
    words.addAll(List.of("-M", "pc,memory-backend=mem"));
    return words;
  }

  /** Returns its exit status. */
  private static int terminated(Command command) {
    long begun = System.nanoTime();
    command.terminate();
    int status = command.awaitExit(PATIENCE);
    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .as("time to end; it said: %s", command.output().text())
        .isLessThan(STOP);
    return status;
  }

  @ParameterizedTest
  @MethodSource("everyCombination")
  void sigterm_at_every_stage_of_the_start_ends_qemu(QemuVersion version, Hosting hosting)
      throws Exception {
    Path disk = BootDisk.reading(directory.resolve("disk"));
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    try (Devices devices =
        new Devices(hosting, directory, 1)
            .net("vnic,id=net0,over=stub0,macaddr=02:08:20:00:00:01")
            .disk("zvol,id=disk0,path=" + disk)
            .start()) {
      List<String> words = machine(version);
      words.addAll(devices.arguments(version));
      for (int i = 0; i < ROUNDS; i++) {
        int delay = random.nextInt(LATEST_MILLIS);
        try (Command qemu = new Command(directory, Map.of(), words)) {
          TimeUnit.MILLISECONDS.sleep(delay);
          assertThat(terminated(qemu))
              .as("seed %d, after %d ms: %s", seed, delay, qemu.output().text())
              .isIn(0, SIGTERM_BEFORE_ITS_HANDLER);
        }
      }
    }
  }

  /** Registers the hanging disk where no other test finds it; returns a class path with it. */
  private String withHangingDisk(String jar) throws IOException {
    Path services = Files.createDirectories(directory.resolve("classes/META-INF/services"));
    Files.writeString(
        services.resolve(DeviceProvider.class.getName()), HangingDisk.Provider.class.getName());
    Path tests = Path.of("target", "test-classes").toAbsolutePath();
    return jar + ":" + directory.resolve("classes") + ":" + tests;
  }

  private Command start(List<String> words) throws IOException {
    return new Command(directory, Map.of(), words);
  }

  @ParameterizedTest
  @EnumSource
  void a_request_that_hangs_in_qemu_does_not_keep_it(QemuVersion version) throws IOException {
    List<String> words = machine(version);
    String name = directory.getFileName().toString();
    String jar = Product.jar("kvmzone-qemu.jar").toString();
    String plugin = Product.plugin().replace(jar, withHangingDisk(jar));
    words.addAll(List.of("-plugin", plugin + ",name=" + name + ",disk=hanging,,id=disk0"));
    words.addAll(List.of("-device", "vhost-user-blk-pci,chardev=disk0,num-queues=1"));
    try (Command qemu = start(words)) {
      qemu.output().await(HangingDisk.SAYS, PATIENCE);
      assertThat(terminated(qemu)).as(qemu.output().text()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_request_that_hangs_beside_qemu_keeps_neither(QemuVersion version) throws IOException {
    Path socket = directory.resolve("disk0.sock");
    List<String> serve = new ArrayList<>(List.of(Product.command().getFirst(), "-cp"));
    serve.add(withHangingDisk(Product.jar("kvmzone.jar").toString()));
    serve.addAll(List.of("org.kvmzone.cli.Main", "serve"));
    serve.addAll(List.of("--name", directory.getFileName().toString()));
    serve.addAll(List.of("--dir", directory.toString(), "--disk", "hanging,id=disk0"));
    List<String> words = machine(version);
    words.addAll(List.of("-chardev", "socket,id=disk0,reconnect=1,path=" + socket));
    words.addAll(List.of("-device", "vhost-user-blk-pci,chardev=disk0,num-queues=1"));
    for (boolean serverFirst : List.of(true, false)) {
      try (Command server = start(serve)) {
        server.output().await("^-machine ", PATIENCE);
        try (Command qemu = start(words)) {
          server.output().await(HangingDisk.SAYS, PATIENCE);
          for (Command each : serverFirst ? List.of(server, qemu) : List.of(qemu, server)) {
            assertThat(terminated(each)).as(each.output().text()).isZero();
          }
        }
      }
      assertThat(socket).doesNotExist();
    }
  }
}
