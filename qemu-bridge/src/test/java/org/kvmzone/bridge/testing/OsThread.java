package org.kvmzone.bridge.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A thread of this process as the kernel sees it (proc(5), {@code /proc/self/task/TID}).
 *
 * @param directory where it is described
 */
public record OsThread(Path directory) {
  private static final int NAME_LENGTH = 15; // TASK_COMM_LEN, less the NUL
  private static final int NICE = 19; // the fields of proc_pid_stat(5) are counted from 1
  private static final int AFTER_NAME = 3;

  /** Those that there are at present. */
  public static List<OsThread> all() {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      return tasks.map(OsThread::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those that are called this at present, however long the name is in Java. */
  public static List<OsThread> named(String name) {
    String wanted = name.substring(0, Math.min(NAME_LENGTH, name.length()));
    return all().stream().filter(thread -> thread.name().equals(wanted)).toList();
  }

  /** What the kernel calls it; empty if it has ended. */
  public String name() {
    try {
      return Files.readString(directory.resolve("comm")).strip();
    } catch (IOException ended) {
      return "";
    }
  }

  /** The caller. */
  public static OsThread current() {
    return new OsThread(Path.of("/proc/thread-self"));
  }

  /** The only one of that name; a thread that has just been started names itself in a moment. */
  public static OsThread only(String name) {
    Await.until("one thread called " + name, () -> named(name).size() == 1);
    return named(name).getFirst();
  }

  /** A line of its status, less its name. */
  public String status(String field) {
    try (Stream<String> lines = Files.lines(directory.resolve("status"))) {
      return lines
          .filter(line -> line.startsWith(field + ":"))
          .map(line -> line.substring(field.length() + 1).strip())
          .findAny()
          .orElseThrow(() -> new AssertionError("no " + field + " in " + directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How often it has gone to sleep. */
  public long sleeps() {
    return Long.parseLong(status("voluntary_ctxt_switches"));
  }

  /** How nice it is to others, if it has not ended. */
  public Optional<Integer> nice() {
    try {
      String stat = Files.readString(directory.resolve("stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Optional.of(Integer.valueOf(fields[NICE - AFTER_NAME]));
    } catch (IOException ended) {
      return Optional.empty();
    }
  }

  /** The CPUs on which it may run, as taskset(1) writes them. */
  public String cpus() {
    return status("Cpus_allowed_list");
  }
}
