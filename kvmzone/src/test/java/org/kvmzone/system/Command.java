package org.kvmzone.system;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that a test started, with what it says; it does not outlive its {@code try}. */
final class Command implements AutoCloseable {
  private final Process process;
  private final Transcript output;
  private final String name;

  /** Starts {@code words} in {@code directory} with these changes to the environment. */
  Command(Path directory, Map<String, String> environment, List<String> words) throws IOException {
    name = Path.of(words.getFirst()).getFileName().toString();
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().putAll(environment);
    process = builder.start();
    output = new Transcript(name, process.getInputStream());
  }

  long pid() {
    return process.pid();
  }

  /** Standard output and standard error together. */
  Transcript output() {
    return output;
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Waits for the end and returns the exit status; 128 and the signal's number if one ended it. */
  int awaitExit(Duration patience) {
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(
            "%s did not end within %d s; it said:%n%s"
                .formatted(name, patience.toSeconds(), output.text()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for " + name, e);
    }
    output.awaitEnd(Duration.ofSeconds(5));
    return process.exitValue();
  }

  /** Sends SIGKILL, and waits until it has worked. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
