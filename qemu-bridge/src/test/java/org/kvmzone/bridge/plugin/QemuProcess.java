package org.kvmzone.bridge.plugin;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A QEMU with the plugin in it, and its monitor. It is killed if it takes a minute. */
final class QemuProcess implements AutoCloseable {
  private static final int MOST_SECONDS = 60;
  private static final String SHARED_MEMORY = "memory-backend-memfd,id=mem,size=64M,share=on";

  private final Process process;
  private final BufferedReader monitor;
  private final Path errors;

  private QemuProcess(Process process, Path errors) {
    this.process = process;
    this.monitor = process.inputReader();
    this.errors = errors;
    var _ =
        CompletableFuture.runAsync(
            process::destroyForcibly,
            CompletableFuture.delayedExecutor(MOST_SECONDS, TimeUnit.SECONDS));
  }

  /** Options that give a guest memory which devices can share. */
  static List<String> sharedMemory() {
    return List.of("-object", SHARED_MEMORY, "-machine", "memory-backend=mem");
  }

  /**
   * Starts a QEMU.
   *
   * @param directory for what it says
   * @param plugin the plugin's arguments
   * @param more other options
   */
  static QemuProcess start(QemuVersion version, Path directory, String plugin, List<String> more)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("-qmp", "stdio"));
    all.addAll(more);
    return startWithoutMonitor(version, directory, plugin, all, Map.of());
  }

  /** Starts a QEMU that cannot be asked anything, with variables in its environment. */
  static QemuProcess startWithoutMonitor(
      QemuVersion version,
      Path directory,
      String plugin,
      List<String> more,
      Map<String, String> variables)
      throws IOException {
    List<String> words = new ArrayList<>();
    words.add(version.require().toString());
    words.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-m", "64"));
    words.addAll(List.of("-accel", "tcg"));
    words.addAll(List.of("-plugin", "target/libqemu-bridge.so," + plugin));
    words.addAll(more);
    Path errors = directory.resolve("errors");
    ProcessBuilder builder = new ProcessBuilder(words).redirectError(errors.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("KVMZONE_"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(variables);
    return new QemuProcess(builder.start(), errors);
  }

  /** Waits until QEMU's main loop runs: board and devices are there. */
  QemuProcess awaitReady() {
    ask("{\"execute\":\"qmp_capabilities\"}");
    return this;
  }

  /** Lets QEMU carry out a command for people, and returns what it printed, as a JSON string. */
  String askHuman(String command) {
    return ask(
        "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\""
            + command
            + "\"}}");
  }

  /** Sends a command; returns the line that answers it. */
  String ask(String command) {
    try {
      process.outputWriter().write(command + "\n");
      process.outputWriter().flush();
      for (String line = monitor.readLine(); line != null; line = monitor.readLine()) {
        if (line.startsWith("{\"return\"") || line.startsWith("{\"error\"")) {
          return line;
        }
      }
      throw new AssertionError(command + ": no answer; QEMU said:\n" + errors());
    } catch (IOException e) {
      throw new AssertionError(command + ": " + e.getMessage() + "; QEMU said:\n" + errors(), e);
    }
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Waits for the end; the status is QEMU's own, or 137 if it had to be killed. */
  int awaitExit() throws InterruptedException {
    return process.waitFor();
  }

  /** What it has printed on stderr, without the line that it prints whenever it accepts. */
  String errors() {
    try {
      return Files.readString(errors)
          .replaceAll("(?m)^.*info: QEMU waiting for connection on: .*\\R", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
