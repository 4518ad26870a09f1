package org.kvmzone.bridge.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongSupplier;

/**
 * The time for which a thread had something to do. The thread itself looks at the clock only in
 * turns that find nothing, which have nothing better to do: work begins where the last of these
 * ended, and ends with the next.
 *
 * <p>Both the time and whether it runs are in one word, so that whoever reads it sees it neither go
 * back nor count twice: twice the nanoseconds, or, while there is work, one more than twice what
 * they are less the moment since when.
 */
final class BusyTime {
  private static final VarHandle WORD;
  private static final VarHandle TURNS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      WORD = lookup.findVarHandle(BusyTime.class, "word", long.class);
      TURNS = lookup.findVarHandle(BusyTime.class, "turns", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private long word; // through WORD: the thread writes, others read
  private long turns; // through TURNS
  private long looked; // at the clock, the last time; the thread's own
  private boolean working; // the thread's own

  /** A turn has found work; by the thread. */
  void worked() {
    TURNS.setOpaque(this, turns + 1);
    if (!working) {
      working = true;
      WORD.setOpaque(this, word - 2 * looked + 1);
    }
  }

  /** A turn has found nothing, or the thread has slept; by the thread. */
  void idle(long now) {
    looked = now;
    if (working) {
      working = false;
      WORD.setOpaque(this, word - 1 + 2 * now);
    }
  }

  /**
   * Nanoseconds with something to do, so far; from any thread.
   *
   * @param clock the one that {@link #idle} is told of
   */
  long nanos(LongSupplier clock) {
    while (true) {
      long seen = (long) WORD.getAcquire(this);
      if ((seen & 1) == 0) {
        return seen >> 1;
      }
      long now = clock.getAsLong();
      if ((long) WORD.getAcquire(this) == seen) {
        return (seen >> 1) + now;
      }
    }
  }

  /** How many turns have found work so far; from any thread. */
  long turns() {
    return (long) TURNS.getOpaque(this);
  }
}
