package org.kvmzone.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Whole copies of frames that wait for a guest: because somebody else was putting frames into its
 * ring at that moment, or because it has no buffer. A bounded queue for many senders and one
 * receiver, the owner of the ring, after Vyukov's: each slot's turn number says whose it is, so
 * that nobody waits for anybody.
 */
final class Backlog {
  private static final VarHandle TURN = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle TAIL;

  static {
    try {
      TAIL = MethodHandles.lookup().findVarHandle(Backlog.class, "tail", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final FrameBatch slots;
  private final boolean[] kept; // false: the sender's memory went away under the copy
  private final int mask;

  /** Slot i may be filled for position p if this is p, and emptied if it is p + 1. */
  private final long[] turns;

  private volatile long tail; // the next position to fill
  private long head; // the next position to empty; the receiver's own

  /**
   * An empty backlog.
   *
   * @param capacity frames, a power of two
   * @param longest the longest frame, bytes
   */
  Backlog(int capacity, int longest) {
    slots = new FrameBatch(capacity, longest);
    kept = new boolean[capacity];
    mask = capacity - 1;
    turns = new long[capacity];
    for (int i = 0; i < capacity; i++) {
      turns[i] = i;
    }
  }

  /**
   * Copies a frame into the backlog; by any thread.
   *
   * @return false if it is full
   */
  boolean offer(FrameBatch batch, int frame) {
    long position = tail;
    while (true) {
      long turn = (long) TURN.getAcquire(turns, (int) position & mask);
      if (turn < position) {
        return false; // not yet emptied since the last time round
      }
      if (turn == position && TAIL.compareAndSet(this, position, position + 1)) {
        break;
      }
      position = tail;
    }
    int slot = (int) position & mask;
    kept[slot] = false;
    try {
      slots.setCopy(slot, batch, frame);
      kept[slot] = true;
    } finally {
      // Also if the copy failed: a slot that is never handed over would stop the queue for ever.
      // Volatile: whoever is about to sleep sees it, or is woken afterwards.
      TURN.setVolatile(turns, slot, position + 1);
    }
    return true;
  }

  /**
   * The slot in {@link #slots} of the frame that has waited longest, or -1 if there is none that is
   * complete; by the receiver.
   */
  int first() {
    while ((long) TURN.getVolatile(turns, (int) head & mask) == head + 1) {
      int slot = (int) head & mask;
      if (kept[slot]) {
        return slot;
      }
      removeFirst();
    }
    return -1;
  }

  /** Removes the frame that {@link #first} gave; by the receiver. */
  void removeFirst() {
    int slot = (int) head & mask;
    TURN.setRelease(turns, slot, head + turns.length);
    head++;
  }

  /** What {@link #first} counts in. */
  FrameBatch slots() {
    return slots;
  }

  /** How many frames wait, complete or not; about, unless it is asked by the receiver. */
  long size() {
    return tail - head;
  }

  /** Whether a frame waits, complete or not; by the receiver. */
  boolean isEmpty() {
    return tail == head;
  }
}
