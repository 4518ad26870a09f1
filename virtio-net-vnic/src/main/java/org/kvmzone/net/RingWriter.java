package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.virtqueue.Chain;
import org.kvmzone.bridge.virtqueue.QueueFault;
import org.kvmzone.bridge.virtqueue.Virtqueue;

/** Puts frames into a guest's receive ring (virtio 1.3 §5.1.6.4); used by the ring's owner. */
final class RingWriter {
  /** The most buffers for one frame: 64 KiB in pages, and more. */
  private static final int MAX_BUFFERS = 64;

  private static final ValueLayout.OfShort LE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment header = MemorySegment.ofArray(new byte[VirtioNet.HEADER]);
  private final Chain[] chains = new Chain[MAX_BUFFERS];
  private final int[] written = new int[MAX_BUFFERS];
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
    /** The guest's buffers are too small for such a frame. */
    TOO_LONG
  }

  RingWriter() {
    for (int i = 0; i < MAX_BUFFERS; i++) {
      chains[i] = new Chain();
    }
  }

  /**
   * Writes one frame. What is thrown is due to memory that went away, the guest's or the sender's;
   * then every buffer is available to the guest again, unless the ring itself has gone.
   */
  Outcome write(Virtqueue ring, HeaderFormat format, FrameBatch batch, int frame) {
    long need = (long) format.length() + batch.length(frame);
    effort = 0;
    if (!popFirst(ring, format)) {
      return Outcome.EMPTY;
    }
    effort += chains[0].effort();
    if (chains[0].writable().bytes() < need) {
      return writeMerged(ring, format, batch, frame, need);
    }
    try {
      batch.copyWithHeader(frame, format.length(), chains[0].writable());
    } catch (Throwable gone) {
      giveUp(ring, 1);
      throw gone;
    }
    touched = true;
    ring.push(chains[0], (int) need);
    return Outcome.WRITTEN;
  }

  /** Takes as many more buffers as the frame needs. */
  private Outcome writeMerged(
      Virtqueue ring, HeaderFormat format, FrameBatch batch, int frame, long need) {
    int limit = format.mergeable() ? MAX_BUFFERS : 1;
    int count = 1;
    try {
      for (long room = chains[0].writable().bytes(); room < need; count++) {
        if (count == limit) {
          giveUp(ring, count);
          return Outcome.TOO_LONG;
        }
        if (!ring.pop(chains[count])) {
          giveUp(ring, count);
          return Outcome.SHORT;
        }
        room += chains[count].writable().bytes();
        effort += chains[count].effort();
      }
      fill(format, batch, frame, count);
    } catch (Throwable gone) {
      giveUp(ring, count);
      throw gone;
    }
    push(ring, count);
    return Outcome.WRITTEN;
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
    // No offloads are offered, so all of the header is zero but num_buffers, which is 1 when
    // buffers are not merged (virtio 1.3 §5.1.6.4.1).
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

  private void giveUp(Virtqueue ring, int count) {
    for (int i = count - 1; i >= 0; i--) {
      ring.unpop(chains[i]);
    }
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
