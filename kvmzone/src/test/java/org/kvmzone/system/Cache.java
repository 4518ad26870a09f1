package org.kvmzone.system;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the scripts in {@code bin/} keep what they fetched; the same rule as in {@code common.sh}.
 */
final class Cache {
  private Cache() {}

  static Path file(String name) {
    return directory().resolve(name);
  }

  private static Path directory() {
    Optional<Path> own = variable("KVMZONE_CACHE");
    return own.orElseGet(() ->
        variable("XDG_CACHE_HOME")
            .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
            .resolve("kvmzone"));
  }

  private static Optional<Path> variable(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty()).map(Path::of);
  }
}
