package org.kvmzone.system;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A {@code kvmzone serve}: devices in a process beside QEMU. */
final class Server implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Command command;

  /**
   * Starts it and waits until it listens, in {@code directory}.
   *
   * @param devices {@code --net} and {@code --disk} with their SPECs
   */
  Server(String name, Path directory, List<String> devices) throws IOException {
    this(Product.command(), name, directory, devices);
  }

  /** The same, by a {@code kvmzone} of another making. */
  Server(List<String> kvmzone, String name, Path directory, List<String> devices)
      throws IOException {
    List<String> words = new ArrayList<>(kvmzone);
    words.addAll(List.of("serve", "--name", name, "--dir", directory.toString()));
    words.addAll(List.of("--warm-up", "0")); // tests are not in a hurry

    words.addAll(devices);
    command = new Command(directory, Map.of(), words);
    try {
      command.output().await("^-machine ", PATIENCE);
    } catch (AssertionError e) {
      command.close();
      throw e;
    }
  }

  long pid() {
    return command.pid();
  }

  /** All that it has said so far. */
  String said() {
    return command.output().text();
  }

  /** Ends it as an operator does, and returns its exit status. */
  int terminate() {
    command.terminate();
    return command.awaitExit(PATIENCE);
  }

  /** Ends it as a crash does. */
  void kill() {
    close();
  }

  @Override
  public void close() {
    command.close();
  }
}
