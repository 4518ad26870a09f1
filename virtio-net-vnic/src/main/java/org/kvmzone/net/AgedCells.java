package org.kvmzone.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * What a switch remembers for a while: a fixed number of cells, eight to a bucket, each of one word
 * that changes as a whole. Any thread reads and writes, none waits. Each cell belongs to a port,
 * and one port holds a limited share, so that a guest that makes things up does not drive out what
 * belongs to others.
 *
 * <p>Times are seconds of any clock that does not go back.
 */
abstract class AgedCells {
  static final int BUCKET_BITS = 10;
  static final int WAYS = 8;

  private static final int CELLS = WAYS << BUCKET_BITS;
  private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle UNTIL = MethodHandles.arrayElementVarHandle(int[].class);
  private static final VarHandle EXPIRED;

  static {
    try {
      EXPIRED = MethodHandles.lookup().findVarHandle(AgedCells.class, "expired", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final long[] cells = new long[CELLS]; // 0 is empty

  /** When each cell is to be forgotten. */
  private final int[] until = new int[CELLS];

  private final AtomicIntegerArray shares;
  private final int share;

  @SuppressWarnings("UnusedVariable") // by EXPIRED alone
  private int expired; // when old cells were last looked for

  /**
   * No cells in use.
   *
   * @param share of one port at most
   */
  AgedCells(int ports, int share) {
    shares = new AtomicIntegerArray(ports);
    this.share = share;
  }

  /** Whose a cell is, which is not 0. */
  abstract int port(long cell);

  /** The cell of an index. */
  final long cell(int index) {
    return (long) CELL.getOpaque(cells, index);
  }

  final boolean isOld(int index, int now) {
    return now - (int) UNTIL.getOpaque(until, index) > 0;
  }

  /** Keeps a cell longer, or shorter. */
  final void keep(int index, int end) {
    if ((int) UNTIL.getOpaque(until, index) != end) { // once a second: others read this line
      UNTIL.setOpaque(until, index, end);
    }
  }

  /**
   * Writes a cell if it still is as it was found, and its port has not had its share.
   *
   * @return whether it was written; who loses to another thread comes again with the next frame
   */
  final boolean replace(int index, long old, long wanted, int now, int end) {
    int port = port(wanted);
    long found = old;
    if (shares.get(port) >= share) {
      if (!expire(now) || shares.get(port) >= share) {
        return false;
      }
      found = cell(index) == 0 ? 0 : old; // what was old has just been forgotten
    }
    UNTIL.setOpaque(until, index, end);
    if (!CELL.compareAndSet(cells, index, found, wanted)) {
      return false;
    }
    shares.incrementAndGet(port);
    if (found != 0) {
      shares.decrementAndGet(port(found));
    }
    return true;
  }

  /** Forgets what is old, once a second at most; returns whether it looked. */
  private boolean expire(int now) {
    int last = (int) EXPIRED.getOpaque(this);
    if (last == now || !EXPIRED.compareAndSet(this, last, now)) {
      return false;
    }
    for (int i = 0; i < CELLS; i++) {
      long cell = cell(i);
      if (cell != 0 && isOld(i, now)) {
        empty(i, cell);
      }
    }
    return true;
  }

  private void empty(int index, long cell) {
    if (CELL.compareAndSet(cells, index, cell, 0L)) {
      shares.decrementAndGet(port(cell));
    }
  }

  /** Forgets all that belongs to a port that is gone. */
  final void forget(int port) {
    for (int i = 0; i < CELLS; i++) {
      long cell = cell(i);
      if (cell != 0 && port(cell) == port) {
        empty(i, cell);
      }
    }
  }

  /** How many cells are a port's, old ones included. */
  final int share(int port) {
    return shares.get(port);
  }
}
