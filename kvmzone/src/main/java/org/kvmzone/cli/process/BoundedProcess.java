package org.kvmzone.cli.process;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A program that was run to its end, or for as long as it was given.
 *
 * @param exit its exit code; empty if its time was over and it was killed
 * @param output what it printed; on both streams, unless they were told apart
 * @param errors what it printed on stderr, if they were told apart
 */
public record BoundedProcess(OptionalInt exit, String output, String errors) {
  private static final Duration REST = Duration.ofSeconds(5);

  /** Runs a program without input. */
  public static BoundedProcess run(List<String> command, Duration limit) throws IOException {
    Path output = Files.createTempFile("kvmzone", ".out");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      OptionalInt exit = await(process, limit);
      return new BoundedProcess(exit, text(output, StandardCharsets.ISO_8859_1), "");
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /**
   * Runs a program without input, and tells its two streams apart.
   *
   * @param environment variables besides those of this process
   */
  public static BoundedProcess runApart(
      List<String> command, Map<String, String> environment, Duration limit) throws IOException {
    Path output = Files.createTempFile("kvmzone", ".out");
    Path errors = Files.createTempFile("kvmzone", ".err");
    try {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment);
      Process process =
          builder
              .redirectInput(new File("/dev/null"))
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile())
              .start();
      OptionalInt exit = await(process, limit);
      return new BoundedProcess(
          exit, text(output, StandardCharsets.UTF_8), text(errors, StandardCharsets.UTF_8));
    } finally {
      Files.deleteIfExists(output);
      Files.deleteIfExists(errors);
    }
  }

  /**
   * Runs a program without input, and hands on what it prints, as it comes.
   *
   * @param follower reads its stdout, on a thread of its own; what that prints is not kept
   */
  public static BoundedProcess runFollowed(
      List<String> command, Duration limit, Consumer<InputStream> follower) throws IOException {
    Path errors = Files.createTempFile("kvmzone", ".err");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/null"))
              .redirectError(errors.toFile())
              .start();
      Thread reader =
          Thread.ofPlatform()
              .daemon()
              .name("follower")
              .start(() -> follower.accept(process.getInputStream()));
      OptionalInt exit = await(process, limit);
      join(reader);
      return new BoundedProcess(exit, "", text(errors, StandardCharsets.UTF_8));
    } finally {
      Files.deleteIfExists(errors);
    }
  }

  /** What was printed last; there is no more unless a child that outlives it has its stdout. */
  private static void join(Thread reader) {
    try {
      boolean ignored = reader.join(REST);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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

  /** What is not in that character set becomes a mark: nothing that was printed is an error. */
  private static String text(Path file, Charset charset) throws IOException {
    return new String(Files.readAllBytes(file), charset);
  }

  /** What it printed, without empty lines. */
  public List<String> lines() {
    return output.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }
}
