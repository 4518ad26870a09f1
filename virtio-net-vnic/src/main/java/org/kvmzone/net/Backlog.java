package org.kvmzone.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Whole copies of frames that wait for a guest: because somebody else was putting frames into its
 * ring at that moment, or because it has no buffer. A bounded queue for many senders and one
 * receiver, the owner of the ring, after Vyukov's: each slot's turn number says whose it is, so
 * that nobody waits for anybody.
 *
 * <p>Frames that are yet to be segmented may be longer than a slot. There are a few large slots for
 * them; who needs one and finds none drops the frame.
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

  private static final int LARGE = Long.SIZE;
  private static final byte NOT_LARGE = -1;

  private final FrameBatch slots;
  private final @Nullable FrameBatch large;
  private final byte[] places; // of each slot's frame among the large ones
  private final AtomicLong freeLarge = new AtomicLong(-1); // a bit for each
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
   * @param room bytes of the longest frame of the network
   * @param longest the longest frame, bytes
   */
  Backlog(int capacity, int room, int longest) {
    slots = new FrameBatch(capacity, room);
    large = longest > room ? new FrameBatch(LARGE, longest) : null;
    places = new byte[capacity];
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
    byte place = NOT_LARGE;
    if (batch.length(frame) > slots.room()) {
      place = takeLarge();
      if (place == NOT_LARGE) {
        return false;
      }
    }
    boolean kept = false;
    try {
      kept = offer(batch, frame, place);
    } finally {
      if (!kept) {
        giveLarge(place);
      }
    }
    return kept;
  }

  private byte takeLarge() {
    if (large == null) {
      return NOT_LARGE;
    }
    while (true) {
      long free = freeLarge.get();
      if (free == 0) {
        return NOT_LARGE;
      }
      if (freeLarge.compareAndSet(free, free & (free - 1))) {
        return (byte) Long.numberOfTrailingZeros(free);
      }
    }
  }

  private void giveLarge(byte place) {
    if (place == NOT_LARGE) {
      return;
    }
    long free = freeLarge.get();
    while (!freeLarge.compareAndSet(free, free | 1L << place)) {
      free = freeLarge.get();
    }
  }

  private boolean offer(FrameBatch batch, int frame, byte place) {
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
    places[slot] = NOT_LARGE;
    try {
      if (place == NOT_LARGE || large == null) {
        slots.setCopy(slot, batch, frame);
      } else {
        large.setCopy(place, batch, frame);
        places[slot] = place;
      }
      kept[slot] = true;
    } finally {
      // Also if the copy failed: a slot that is never handed over would stop the queue for ever.
      // Volatile: whoever is about to sleep sees it, or is woken afterwards.
      TURN.setVolatile(turns, slot, position + 1);
    }
    return true;
  }

  /**
   * The slot of the frame that has waited longest, or -1 if there is none that is complete; by the
   * receiver.
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

  /**
   * Whether a complete frame waits; by whoever was the receiver last. Another that has become it
   * since may see more.
   */
  boolean isReady() {
    return (long) TURN.getVolatile(turns, (int) head & mask) == head + 1;
  }

  /** Removes the frame that {@link #first} gave; by the receiver. */
  void removeFirst() {
    int slot = (int) head & mask;
    giveLarge(places[slot]);
    TURN.setRelease(turns, slot, head + turns.length);
    head++;
  }

  /** The batch that holds the frame of a slot. */
  FrameBatch batch(int slot) {
    return places[slot] == NOT_LARGE || large == null ? slots : large;
  }

  /** Which frame of {@link #batch} that is. */
  int frame(int slot) {
    return places[slot] == NOT_LARGE ? slot : places[slot];
  }

  /** The most frames that can wait. */
  int capacity() {
    return turns.length;
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
