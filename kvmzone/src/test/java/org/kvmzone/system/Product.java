package org.kvmzone.system;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the build has made and the tests run; Failsafe starts us in the module's directory. */
final class Product {
  private static final Path HOUSE = Path.of("..").toAbsolutePath().normalize();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

  private Product() {}

  /** The {@code kvmzone} command, as {@code bin/kvmzone} runs it. */
  static List<String> command() {
    return List.of(
        JAVA_HOME.resolve("bin/java").toString(),
        "--sun-misc-unsafe-memory-access=deny",
        "-XX:+UseSerialGC",
        "-jar",
        HOUSE.resolve("kvmzone/target/kvmzone.jar").toString());
  }

  /** Runs the command to its end and returns what it printed; fails if its status isn't 0. */
  static String run(String... arguments) throws IOException {
    List<String> words = new ArrayList<>(command());
    words.addAll(List.of(arguments));
    try (Command command = new Command(HOUSE, Map.of(), words)) {
      int status = command.awaitExit(PATIENCE);
      if (status != 0) {
        throw new AssertionError(
            "exit %d of kvmzone %s: %s"
                .formatted(status, String.join(" ", arguments), command.output().text()));
      }
      return command.output().text();
    }
  }

  /** QEMU's option that loads the plugin, up to its own arguments. */
  static String plugin() {
    return HOUSE.resolve("qemu-bridge/target/libqemu-bridge.so")
        + ",jvm="
        + JAVA_HOME.resolve("lib/server/libjvm.so")
        + ",classpath="
        + HOUSE.resolve("kvmzone/target/kvmzone-qemu.jar");
  }
}
