package org.kvmzone.dhcp;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A DHCP client that runs, and reports what happens to its lease on its output. */
final class TestClient implements AutoCloseable {
  /** No client waits that long for anything here. */
  private static final int SECONDS_TO_LIVE = 45;

  private final Process process;
  private final BufferedReader output;

  TestClient(Process process) {
    this.process = process;
    output = process.inputReader();
    CompletableFuture.delayedExecutor(SECONDS_TO_LIVE, TimeUnit.SECONDS)
        .execute(process::destroyForcibly);
  }

  /** Reads until a line starts like this; the rest of that line. */
  String await(String start) throws IOException {
    StringBuilder before = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(start)) {
        return line.substring(start.length()).strip();
      }
      before.append(line).append('\n');
    }
    throw new AssertionError("the client ended without '" + start + "' and said:\n" + before);
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
