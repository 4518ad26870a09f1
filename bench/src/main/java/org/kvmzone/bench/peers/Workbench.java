package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code bin/bench} has prepared.
 *
 * @param home where this project is
 * @param cache where fetched programs are, and what is remembered
 * @param scratch a directory for this run alone
 * @param huge a file system of huge pages, mounted there; none if this machine gave none
 * @param lock held during each burst, so that several benchmarks can share a machine
 */
record Workbench(Path home, Path cache, Path scratch, Optional<Path> huge, Optional<Path> lock) {

  /** As {@code bin/bench} tells it, in system properties. */
  static Workbench ofProperties() {
    return new Workbench(
        path("kvmzone.home"),
        path("kvmzone.cache"),
        path("kvmzone.bench.scratch"),
        Optional.ofNullable(System.getProperty("kvmzone.bench.huge")).map(Path::of),
        Optional.ofNullable(System.getenv("KVMZONE_BENCH_LOCK")).map(Path::of));
  }

  /** The same with another checkout of this project. */
  Workbench at(Path otherHome) {
    return new Workbench(otherHome, cache, scratch, huge, lock);
  }

  private static Path path(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new IllegalStateException(property + " is not set: start it by bin/bench");
    }
    return Path.of(value);
  }

  /** A program of Debian 13, as {@code trixie.sh} unpacks them. */
  Path trixie(String program) throws Unavailable {
    return unpacked("bin/" + program);
  }

  /** What else Debian 13 has, by its path in there. */
  Path unpacked(String path) throws Unavailable {
    Path file = cache.resolve("trixie").resolve(path);
    if (!Files.exists(file)) {
      throw new Unavailable(path + " of Debian 13 is not in " + cache.resolve("trixie"));
    }
    return file;
  }

  /** The drivers that DPDK's programs load. */
  Path drivers() {
    return cache.resolve("trixie/drivers");
  }

  /** The words that run a program of the benchmarks' own. */
  List<String> program(Class<?> main, List<String> arguments) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    words.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"));
    words.addAll(List.of("-cp", home.resolve("bench/target/benchmarks.jar").toString()));
    words.add(main.getName());
    words.addAll(arguments);
    return words;
  }

  /** A place for the sockets of one measurement, empty. */
  Path fresh(String name) throws IOException {
    return Files.createTempDirectory(scratch, name);
  }
}
