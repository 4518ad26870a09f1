package org.kvmzone.bridge.plugin;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The QEMUs that the one plugin has to work in. */
enum QemuVersion {
  /** The distribution's; 7.2 on Debian 12. */
  STOCK("the stock QEMU"),
  /** What bin/test names in KVMZONE_QEMU10, or has put into the cache. */
  TEN("QEMU 10");

  private final String words;

  QemuVersion(String words) {
    this.words = words;
  }

  /** The program; skips the test that asks if it is not on this machine. */
  Path require() {
    Optional<Path> program = candidates().filter(Files::isExecutable).findFirst();
    assumeTrue(program.isPresent(), () -> words + " is not on this machine: bin/test brings it");
    return program.orElseThrow();
  }

  private Stream<Path> candidates() {
    if (this == STOCK) {
      return Stream.of(variable("PATH").orElse("/usr/bin").split(":"))
          .map(directory -> Path.of(directory, "qemu-system-x86_64"));
    }
    Path cache =
        variable("KVMZONE_CACHE")
            .map(Path::of)
            .orElseGet(() ->
                Path.of(
                        variable("XDG_CACHE_HOME")
                            .orElse(System.getProperty("user.home") + "/.cache"))
                    .resolve("kvmzone"));
    return Stream.concat(
        variable("KVMZONE_QEMU10").map(Path::of).stream(),
        Stream.of(cache.resolve("qemu10/qemu-system-x86_64")));
  }

  private static Optional<String> variable(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty());
  }

  @Override
  public String toString() {
    return words;
  }
}
