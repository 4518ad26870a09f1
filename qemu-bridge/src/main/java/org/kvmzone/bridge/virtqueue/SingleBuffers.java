package org.kvmzone.bridge.virtqueue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A batch of chains that are one buffer each, checked as a {@link Chain} is: nearly all of a NIC's.
 * Arrays instead of objects, so that a pass over a batch is a short loop that does one thing.
 * Filled again by each {@code pop}.
 */
public final class SingleBuffers {
  final int[] heads;
  final long[] offsets;
  final long[] lengths;
  MemorySegment memory = MemorySegment.NULL;

  @SuppressWarnings("unused") // what is read in advance has to go somewhere
  private long touched;

  /** An empty batch, to be filled by {@link Virtqueue#pop(SingleBuffers, int, boolean)}. */
  public SingleBuffers(int capacity) {
    heads = new int[capacity];
    offsets = new long[capacity];
    lengths = new long[capacity];
  }

  /** The most chains that it holds. */
  public int capacity() {
    return heads.length;
  }

  /** The guest memory that all of the buffers lie in. */
  public MemorySegment memory() {
    return memory;
  }

  /** Where in {@link #memory} a buffer begins. */
  public long offset(int index) {
    return offsets[index];
  }

  /** Bytes of a buffer. */
  public long length(int index) {
    return lengths[index];
  }

  /**
   * Asks for the cache lines in which the first {@code count} buffers begin, and for those {@code
   * ahead} bytes further on. They are in another core's cache, or in none. Asked for by a loop that
   * does nothing else, many are under way together; what they hold is of no interest yet.
   */
  public void touch(int count, int ahead) {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      if (lengths[i] > ahead) {
        sum += memory.get(ValueLayout.JAVA_BYTE, offsets[i]);
        sum += memory.get(ValueLayout.JAVA_BYTE, offsets[i] + ahead);
      }
    }
    touched = sum;
  }
}
