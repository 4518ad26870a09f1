package org.kvmzone.bench.peers;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A program on one CPU, above everything else that runs there.
 *
 * <p>With {@code sched_autogroup} a nice value counts only among the processes of one session, so
 * it gets a session of its own and that session is raised, which takes root.
 */
final class Child implements AutoCloseable {
  /** Of the back end. */
  static final int BACKEND_CPU = 0;

  /** Of the front end. */
  static final int FRONTEND_CPU = 1;

  private static final Duration ENDING = Duration.ofSeconds(10);

  /** The words before a program's own; none of them stays a process. */
  private static final String RAISE =
      "if [ \"$(id -u)\" = 0 ]; then"
          + " [ ! -w /proc/self/autogroup ] || echo -20 >/proc/self/autogroup;"
          + " exec nice -n -10 \"$@\";"
          + " fi; exec \"$@\"";

  private static final Set<Process> LIVING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> LIVING.forEach(Process::destroyForcibly)));
  }

  private final String name;
  private final Process process;
  private final Output output;
  private final Writer input;

  private Child(String name, Process process) {
    this.name = name;
    this.process = process;
    this.output = new Output(name, process.getInputStream());
    this.input = process.outputWriter(StandardCharsets.UTF_8);
  }

  /**
   * Starts a program.
   *
   * @param name for messages
   * @param command its words
   */
  static Child start(String name, int cpu, Path directory, List<String> command)
      throws IOException {
    List<String> words =
        new ArrayList<>(List.of("setsid", "sh", "-c", RAISE, "sh", "taskset", "-c", "" + cpu));
    words.addAll(command);
    Process process =
        new ProcessBuilder(words).directory(directory.toFile()).redirectErrorStream(true).start();
    LIVING.add(process);
    return new Child(name, process);
  }

  Output output() {
    return output;
  }

  long pid() {
    return process.pid();
  }

  /** Writes a line to its standard input. */
  void tell(String order) throws IOException {
    input.write(order + "\n");
    input.flush();
  }

  /** The CPU time that it has used so far, all of its threads, in nanoseconds. */
  long cpuNanos() throws IOException {
    return ProcStat.cpuNanos(Files.readString(Path.of("/proc", "" + pid(), "stat")));
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Waits for its end, which is under way.
   *
   * @return all that it has said
   * @throws IOException if it stays, or ends with another status than 0
   */
  String awaitEnd(Duration patience) throws IOException, InterruptedException {
    String said = output.whole(patience);
    if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS) || process.exitValue() != 0) {
      throw new IOException(name + " failed: " + output.last());
    }
    return said;
  }

  /** Ends it if it still runs: asks first, and does not ask twice. */
  @Override
  public void close() {
    try {
      process.destroy();
      if (!process.waitFor(ENDING.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } finally {
      LIVING.remove(process);
    }
  }
}
