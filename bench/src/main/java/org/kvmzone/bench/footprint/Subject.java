package org.kvmzone.bench.footprint;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program whose start is measured.
 *
 * @param name in the report
 * @param command its words
 * @param question what is written to its standard input at once
 * @param ready what is found in the line that it says when it is ready
 * @param goodbye what is written when it is to end; SIGTERM comes afterwards
 */
record Subject(String name, List<String> command, String question, String ready, String goodbye) {
  private static final Duration ENDING = Duration.ofSeconds(20);
  private static final String STATUS =
      "{\"execute\": \"qmp_capabilities\"}\n{\"execute\": \"query-status\"}\n";

  /**
   * What was seen of one start.
   *
   * @param ready when the program was
   * @param idle some seconds later
   */
  record Sample(Footprint ready, Footprint idle) {}

  /** A QEMU with {@code -S} and {@code -qmp stdio}: ready to run the guest's first instruction. */
  static Subject qemu(String name, List<String> command) {
    return new Subject(name, command, STATUS, "\"prelaunch\"", "{\"execute\": \"quit\"}\n");
  }

  /**
   * Starts it, waits until it is ready, lets it be, and ends it.
   *
   * @param log where its error messages go
   */
  Sample measure(Duration idle, Path log) throws IOException, InterruptedException {
    long started = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        Writer in = process.outputWriter(StandardCharsets.UTF_8)) {
      in.write(question);
      in.flush();
      awaitReady(out);
      Footprint ready = Footprint.of(process.pid(), started);
      Thread.sleep(idle);
      Footprint later = Footprint.of(process.pid(), started);
      in.write(goodbye);
      in.flush();
      return new Sample(ready, later);
    } finally {
      end(process);
    }
  }

  private void awaitReady(BufferedReader out) throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.contains(ready)) {
        return;
      }
    }
    throw new IOException(name + " ended before it was ready");
  }

  private void end(Process process) throws InterruptedException {
    if (goodbye.isEmpty() || !process.waitFor(ENDING.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroy();
    }
    if (!process.waitFor(ENDING.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
