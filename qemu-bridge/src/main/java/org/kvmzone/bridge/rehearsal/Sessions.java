package org.kvmzone.bridge.rehearsal;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Guests of a short life, one after the other: that a queue is new, or ends, is what the compiler
 * would otherwise take for impossible, and the first real guest undo its work.
 */
public final class Sessions {
  private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Sessions in which next to nothing was compiled, until it is believed that all is. */
  private static final int QUIET = 4;

  private static final long QUIET_MILLIS = 5;

  private Sessions() {}

  /**
   * Plays them until the compiler has nothing left to do.
   *
   * @param nanos how long at most
   * @param session told how many nanoseconds it is to last
   */
  public static void play(long nanos, LongConsumer session) {
    long end = System.nanoTime() + nanos;
    int quiet = 0;
    for (long left = nanos; left > 0 && quiet < QUIET; left = end - System.nanoTime()) {
      long before = compilationMillis();
      session.accept(Math.min(left, NANOS));
      quiet = compilationMillis() - before < QUIET_MILLIS ? quiet + 1 : 0;
    }
  }

  @SuppressWarnings("NullAway") // "or null if the JVM has no compilation system": with -Xint
  private static long compilationMillis() {
    CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    return compiler == null ? 0 : compiler.getTotalCompilationTime();
  }
}
