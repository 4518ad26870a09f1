package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.LongAdder;
import org.kvmzone.antispoof.Verdict;
import org.kvmzone.bridge.memory.Buffers;

/**
 * Records frames as they pass a NIC, or don't, for a {@link CaptureReader}: copies of their
 * beginnings, in a ring. A frame for which there is no room is counted and not recorded; nobody
 * waits. A few threads may record at a time.
 */
final class FrameCapture {
  /** Holds some milliseconds of what a guest can send in its fastest. */
  static final long RING = 16 << 20;

  /** So much of a frame is there for a filter to look at, however little is asked for, bytes. */
  private static final int FILTERED = 256;

  // A record's header: the ring's own length is before these.
  static final long FRAME_LENGTH = 4;
  static final long NANOS = 8;
  static final long CAPTURED = 16;
  static final long QUEUE = 20;
  static final long FATE = 24;
  static final long INWARD = 28;

  private final CaptureRing ring;
  private final CaptureOptions options;
  private final int most;
  private final LongAdder missed = new LongAdder();
  private final ThreadLocal<CaptureBudget> budgets = ThreadLocal.withInitial(CaptureBudget::new);
  private volatile boolean ended;

  FrameCapture(CaptureOptions options, long ringSize) {
    this.options = options;
    ring = new CaptureRing(ringSize);
    int wanted = options.snaplen();
    most =
        Math.min(
            options.filter().isPresent() ? Math.max(wanted, FILTERED) : wanted,
            VirtioNet.LONGEST_UNSEGMENTED);
  }

  CaptureRing ring() {
    return ring;
  }

  CaptureOptions options() {
    return options;
  }

  /** What the calling thread has to spend on it. */
  CaptureBudget budget() {
    return budgets.get();
  }

  /** How many frames found no room, so far. */
  long missed() {
    return missed.sum();
  }

  /** Nothing is recorded from here on that is of interest. */
  void end() {
    ended = true;
  }

  boolean isEnded() {
    return ended;
  }

  /**
   * Records a frame to the guest.
   *
   * @param nanos when it passed, of {@link System#nanoTime}
   * @param queue the pair of queues that it was meant for, -1 if that is not known
   * @param fate {@link Verdict#PASS}, or why it was dropped
   */
  void in(long nanos, int queue, Enum<?> fate, FrameBatch batch, int frame) {
    if (isWanted(true, fate)) {
      record(true, nanos, queue, fate, batch, frame);
    }
  }

  /** Records a frame from the guest; the same. */
  void out(long nanos, int queue, Enum<?> fate, FrameBatch batch, int frame) {
    if (isWanted(false, fate)) {
      record(false, nanos, queue, fate, batch, frame);
    }
  }

  /** A frame is not recorded for want of time; the parameters as those of the others. */
  void miss(boolean in, Enum<?> fate) {
    if (isWanted(in, fate)) {
      missed.increment();
    }
  }

  /** Whether frames to the guest, or from it, are recorded that this becomes of. */
  boolean isWanted(boolean in, Enum<?> fate) {
    return (in ? options.in() : options.out()) && (fate != Verdict.PASS || !options.dropped());
  }

  private void record(
      boolean in, long nanos, int queue, Enum<?> fate, FrameBatch batch, int frame) {
    record(
        in,
        nanos,
        queue,
        fate,
        batch.length(frame),
        batch.memory(),
        batch.frameAt(frame),
        batch.captured(frame),
        batch.rest(frame),
        0);
  }

  /**
   * Records a frame from the guest that is in no batch.
   *
   * @param length bytes of it
   * @param head holds its first {@code headLength} bytes, from {@code at} on
   * @param rest holds the others, from {@code from} on
   */
  void refused(
      long nanos,
      int queue,
      Enum<?> fate,
      long length,
      MemorySegment head,
      long at,
      int headLength,
      Buffers rest,
      long from) {
    record(false, nanos, queue, fate, length, head, at, headLength, rest, from);
  }

  private void record(
      boolean in,
      long nanos,
      int queue,
      Enum<?> fate,
      long length,
      MemorySegment head,
      long at,
      int headLength,
      Buffers rest,
      long from) {
    long there = headLength + Math.max(0, rest.bytes() - from);
    int take = (int) Math.min(most, Math.min(length, there));
    long place = ring.claim(take);
    if (place < 0) {
      missed.increment();
      return;
    }
    boolean whole = false;
    try {
      MemorySegment memory = ring.memory();
      memory.set(ValueLayout.JAVA_INT, place + FRAME_LENGTH, (int) Math.min(length, 1 << 30));
      memory.set(ValueLayout.JAVA_LONG, place + NANOS, nanos);
      memory.set(ValueLayout.JAVA_INT, place + CAPTURED, take);
      memory.set(ValueLayout.JAVA_INT, place + QUEUE, queue);
      memory.set(ValueLayout.JAVA_INT, place + FATE, Fates.number(fate));
      memory.set(ValueLayout.JAVA_INT, place + INWARD, in ? 1 : 0);
      int first = Math.min(take, headLength);
      MemorySegment.copy(head, at, memory, place + CaptureRing.HEADER, first);
      if (first < take) {
        rest.copyTo(from, memory, place + CaptureRing.HEADER + first, take - first);
      }
      whole = true;
    } finally {
      // Also if memory went away under the copy: what is never handed over would stop the reader.
      if (whole) {
        ring.commit(place, take);
      } else {
        ring.abandon(place, take);
        missed.increment();
      }
    }
  }
}
