package org.kvmzone.bench.peers;

import java.util.concurrent.TimeUnit;

/** A line of {@code /proc/PID/stat}, proc_pid_stat(5). */
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
}
