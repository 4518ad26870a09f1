package org.kvmzone.cli.qemu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * A program that was run to its end, or for as long as it was given.
 *
 * @param exit its exit code; empty if its time was over and it was killed
 * @param output what it printed, on both streams
 */
record BoundedProcess(OptionalInt exit, String output) {

  /** Runs a program without input. */
  static BoundedProcess run(List<String> command, Duration limit) throws IOException {
    Path output = Files.createTempFile("kvmzone", ".out");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      OptionalInt exit = await(process, limit);
      return new BoundedProcess(exit, Files.readString(output, StandardCharsets.ISO_8859_1));
    } finally {
      Files.deleteIfExists(output);
    }
  }

  private static OptionalInt await(Process process, Duration limit) {
    try {
      if (process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        return OptionalInt.of(process.exitValue());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
    return OptionalInt.empty();
  }

  /** What it printed, without empty lines. */
  List<String> lines() {
    return output.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }
}
