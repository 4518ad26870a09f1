package org.kvmzone.blk;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A program that has ended. */
record Command(int exit, String output) {
  /** Runs a program to its end. */
  static Command run(String... command) {
    try {
      Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Command(process.waitFor(), output);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(command[0] + ": " + e, e);
    }
  }
}
