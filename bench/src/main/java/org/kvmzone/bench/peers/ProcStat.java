package org.kvmzone.bench.peers;

import java.util.concurrent.TimeUnit;

/** What {@code /proc/PID/stat} and {@code status} say, proc_pid_stat(5), proc_pid_status(5). */
final class ProcStat {
  /** Of USER_HZ, which is 100 on every architecture that a JVM of ours runs on. */
  private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1) / 100;

  /** Counted from the field behind the name, which is the third. */
  private static final int UTIME = 14 - 3;

  private static final int CUTIME = 16 - 3;

  private ProcStat() {}

  /** The time that the process has run, in user and kernel mode, in nanoseconds. */
  static long cpuNanos(String line) {
    return nanos(line, UTIME);
  }

  /** The same of its children that have ended and were waited for. */
  static long childrenNanos(String line) {
    return nanos(line, CUTIME);
  }

  /** User time, and the field behind it, which is the time in the kernel. */
  private static long nanos(String line, int user) {
    // The name may have spaces and parentheses in it.
    String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[user]) + Long.parseLong(fields[user + 1])) * TICK_NANOS;
  }

  /** How often a thread has left its CPU, because it wanted to or because it had to. */
  static long switches(String status) {
    return status
        .lines()
        .filter(line -> line.contains("_ctxt_switches:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
        .sum();
  }
}
