package org.kvmzone.system;

import java.nio.file.Path;
import java.util.List;

/** What the build has made and the tests run; Failsafe starts us in the module's directory. */
final class Product {
  private static final Path HOUSE = Path.of("..").toAbsolutePath().normalize();
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

  /** QEMU's option that loads the plugin, up to its own arguments. */
  static String plugin() {
    return HOUSE.resolve("qemu-bridge/target/libqemu-bridge.so")
        + ",jvm="
        + JAVA_HOME.resolve("lib/server/libjvm.so")
        + ",classpath="
        + HOUSE.resolve("kvmzone/target/kvmzone-qemu.jar");
  }
}
