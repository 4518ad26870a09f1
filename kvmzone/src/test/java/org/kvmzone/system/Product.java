package org.kvmzone.system;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What the build has made and the tests run; Failsafe starts us in the module's directory. */
final class Product {
  private static final Path HOUSE = Path.of("..").toAbsolutePath().normalize();
  private static final Path JAR = HOUSE.resolve("kvmzone/target/kvmzone.jar");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

  private Product() {}

  /** The {@code kvmzone} command, as {@code bin/kvmzone} runs it. */
  static List<String> command() {
    return java("-jar", JAR.toString());
  }

  /** The {@code kvmzone} command with more on its class path: devices that only tests have. */
  static List<String> command(List<Path> more) {
    String classPath =
        Stream.concat(Stream.of(JAR), more.stream()).map(Path::toString).collect(joining(":"));
    return java("--enable-native-access=ALL-UNNAMED", "-cp", classPath, "org.kvmzone.cli.Main");
  }

  private static List<String> java(String... arguments) {
    List<String> words = new ArrayList<>(List.of(JAVA_HOME.resolve("bin/java").toString()));
    words.addAll(List.of("--sun-misc-unsafe-memory-access=deny", "-XX:+UseSerialGC"));
    words.addAll(List.of(arguments));
    return words;
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

  /** One of the jars with all that they need in them. */
  static Path jar(String name) {
    return HOUSE.resolve("kvmzone/target").resolve(name);
  }

  /** QEMU's option that loads the plugin, up to its own arguments. */
  static String plugin() {
    return HOUSE.resolve("qemu-bridge/target/libqemu-bridge.so")
        + ",jvm="
        + JAVA_HOME.resolve("lib/server/libjvm.so")
        + ",classpath="
        + jar("kvmzone-qemu.jar");
  }
}
