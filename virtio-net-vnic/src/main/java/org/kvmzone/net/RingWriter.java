package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.virtqueue.Chain;
import org.kvmzone.bridge.virtqueue.QueueFault;
import org.kvmzone.bridge.virtqueue.SingleBuffers;
import org.kvmzone.bridge.virtqueue.Virtqueue;

/** Puts frames into a guest's receive ring (virtio 1.3 §5.1.6.4); used by the ring's owner. */
final class RingWriter {
  /** The most buffers for one frame: 64 KiB in pages, and more. */
  private static final int MAX_BUFFERS = 64;

  private static final ValueLayout.OfShort LE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment header = MemorySegment.ofArray(new byte[VirtioNet.HEADER]);
  private final Chain[] chains = new Chain[MAX_BUFFERS];
  private final int[] written = new int[MAX_BUFFERS]; // of each buffer, one frame's or a batch's
  private final SingleBuffers singles = new SingleBuffers(FrameBatch.MAX_FRAMES);
  private int held; // chains that were taken for a frame that needs more
  private boolean touched;
  private long effort;

  /** What became of a frame. */
  enum Outcome {
    /** It is in the ring; the guest sees it when the ring is published. */
    WRITTEN,
    /** The guest has no buffer at all, and can be asked to say when it has. */
    EMPTY,
    /** The guest has buffers, but not enough for this frame. */
    SHORT,
    /** The same of a frame that takes many: they are kept for it until there are enough. */
    WAITING,
    /** The guest's buffers are too small for such a frame. */
    TOO_LONG
  }

  RingWriter() {
    for (int i = 0; i < MAX_BUFFERS; i++) {
      chains[i] = new Chain();
    }
  }

  /**
   * Writes frames for as long as each finds a buffer that holds it alone: nearly all. In passes
   * that do one thing each: headers, which are mostly only looked at, are asked for together; the
   * lines behind them are the driver's, and the processor fetches as many together as stores to
   * them follow one another.
   *
   * @param frames a bit for each
   * @return how many were written, the first ones
   */
  int writeEach(Virtqueue ring, HeaderFormat format, FrameBatch batch, long frames) {
    if (held > 0) {
      return 0;
    }
    int header = format.length();
    int popped = ring.pop(singles, Long.bitCount(frames), true);
    int count = fit(popped, header, batch, frames);
    if (count < popped) {
      ring.unpop(singles, count, popped);
    }
    if (count == 0) {
      return 0;
    }
    try {
      singles.touch(count, 0);
      batch.copyEach(frames, count, header, singles);
    } catch (Throwable gone) {
      ring.unpop(singles, 0, count);
      throw gone;
    }
    touched = true;
    ring.push(singles, 0, count, written);
    return count;
  }

  /** How many frames fit into the buffers popped for them. */
  private int fit(int popped, int header, FrameBatch batch, long frames) {
    long left = frames;
    for (int i = 0; i < popped; i++, left &= left - 1) {
      int need = header + batch.length(Long.numberOfTrailingZeros(left));
      if (singles.length(i) < need) {
        return i;
      }
      written[i] = need;
    }
    return popped;
  }

  /**
   * Writes one frame, into as many buffers as it needs. What is thrown is due to memory that went
   * away, the guest's or the sender's; then every buffer is available to the guest again, unless
   * the ring itself has gone.
   */
  Outcome write(Virtqueue ring, HeaderFormat format, FrameBatch batch, int frame) {
    long need = (long) format.length() + batch.length(frame);
    effort = 0;
    if (isStale()) {
      release(ring);
    }
    if (held == 0 && !popFirst(ring, format)) {
      return Outcome.EMPTY;
    }
    held = Math.max(held, 1);
    int limit = format.mergeable() ? Math.min(MAX_BUFFERS, ring.size()) : 1;
    int count = 0;
    try {
      for (long room = 0; room < need; count++) {
        if (count == limit) {
          release(ring);
          return Outcome.TOO_LONG;
        }
        if (count == held) {
          if (!ring.pop(chains[count])) {
            return lacking(ring, batch.isUnsegmented(frame));
          }
          held++;
        }
        room += chains[count].writable().bytes();
        effort += chains[count].effort();
      }
      release(ring, count);
      fill(format, batch, frame, count);
    } catch (Throwable gone) {
      release(ring);
      throw gone;
    }
    held = 0;
    push(ring, count);
    return Outcome.WRITTEN;
  }

  /** Whether the guest's memory was mapped anew since something was kept. */
  private boolean isStale() {
    for (int i = 0; i < held; i++) {
      Buffers room = chains[i].writable();
      for (int piece = 0; piece < room.count(); piece++) {
        if (!room.segment(piece).scope().isAlive()) {
          return true;
        }
      }
    }
    return false;
  }

  private Outcome lacking(Virtqueue ring, boolean wait) {
    if (wait && ring.fault().isEmpty()) {
      return Outcome.WAITING;
    }
    release(ring);
    return Outcome.SHORT;
  }

  /** The first buffer holds the header whole; those that cannot are given back, a few at a time. */
  private boolean popFirst(Virtqueue ring, HeaderFormat format) {
    for (int i = 0; i < MAX_BUFFERS; i++) {
      if (!ring.pop(chains[0])) {
        return false;
      }
      if (chains[0].writable().bytes() >= format.length()) {
        return true;
      }
      effort += chains[0].effort();
      ring.push(chains[0], 0);
      touched = true;
    }
    return false;
  }

  private void fill(HeaderFormat format, FrameBatch batch, int frame, int count) {
    // num_buffers is 1 when buffers are not merged (virtio 1.3 §5.1.6.4.1).
    batch.copyHeaderTo(frame, header, VirtioNet.HEADER);
    header.set(LE16, VirtioNet.NUM_BUFFERS, (short) count);
    int length = batch.length(frame);
    long done = 0;
    for (int i = 0; i < count; i++) {
      Buffers target = chains[i].writable();
      int at = 0;
      if (i == 0) {
        at = format.length();
        target.copyFrom(0, header, 0, at);
      }
      long take = Math.min(target.bytes() - at, length - done);
      batch.copyTo(frame, done, target, at, take);
      done += take;
      written[i] = (int) (at + take);
    }
  }

  private void push(Virtqueue ring, int count) {
    touched = true;
    int i = 0;
    try {
      for (; i < count; i++) {
        ring.push(chains[i], written[i]);
      }
    } catch (Throwable gone) {
      // The used ring is gone. What is pushed to a broken ring is only counted.
      ring.fail(QueueFault.DEVICE_FAILED);
      for (i++; i < count; i++) {
        ring.push(chains[i], 0);
      }
      throw gone;
    }
  }

  /** Makes what is kept for a frame available to the guest again. */
  void release(Virtqueue ring) {
    release(ring, 0);
  }

  private void release(Virtqueue ring, int from) {
    while (held > from) {
      ring.unpop(chains[--held]);
    }
  }

  /** The ring that something was kept of is not ours any more. */
  void forget() {
    held = 0;
  }

  /** Whether something was given to the guest since the last call, and is to be published. */
  boolean takeTouched() {
    boolean was = touched;
    touched = false;
    return was;
  }

  /** How many descriptors the last frame took, written or not. */
  long effort() {
    return effort;
  }
}
