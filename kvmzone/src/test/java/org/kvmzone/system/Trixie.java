package org.kvmzone.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Debian 13's programs on libblkio, a front end without a guest, as {@code trixie.sh} unpacks them.
 */
final class Trixie {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Trixie() {}

  /** How QEMU's tools name a disk of ours that listens on {@code socket}. */
  static String disk(Path socket) {
    return "driver=virtio-blk-vhost-user,cache.direct=on,path=" + socket;
  }

  /** How QEMU's tools name a file. */
  static String file(Path path) {
    return "driver=raw,file.driver=file,file.filename=" + path;
  }

  /** Skips the test that asks if the programs are not on this machine. */
  static void require() {
    assumeTrue(
        Files.isExecutable(program("qemu-img")),
        () -> "no libblkio and no DPDK in " + Cache.file("trixie") + ": bin/test brings it");
  }

  /** Runs a program to its end and returns what it printed; fails if its status isn't 0. */
  static String run(Path directory, String program, String... arguments) throws IOException {
    List<String> words = new ArrayList<>(List.of(program(program).toString()));
    words.addAll(List.of(arguments));
    try (Command command = new Command(directory, Map.of(), words)) {
      int status = command.awaitExit(PATIENCE);
      if (status != 0) {
        throw new AssertionError(
            "exit %d of %s: %s"
                .formatted(status, String.join(" ", words), command.output().text()));
      }
      return command.output().text();
    }
  }

  /** What DPDK's programs load: the drivers that tests use, and no others. */
  static Path drivers() {
    return Cache.file("trixie/drivers");
  }

  static Path program(String name) {
    return Cache.file("trixie/bin/" + name);
  }
}
