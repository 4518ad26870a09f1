package org.kvmzone.blk;

import java.util.Arrays;

/**
 * The ranges that a guest wants discarded or filled with zeroes, as they were copied and checked,
 * in their order. One object is filled again and again; it grows to the longest list it has held
 * and allocates nothing after that.
 */
final class Segments {
  private long[] offsets = {};
  private long[] lengths = {};
  private boolean[] unmap = {};
  private int count;
  private int next;
  private long bytes;

  /** Forgets all ranges. */
  void clear() {
    count = 0;
    next = 0;
    bytes = 0;
  }

  /** Adds a range at the end, in bytes. */
  void add(long offset, long length, boolean mayUnmap) {
    if (count == offsets.length) {
      int more = Math.max(1, count * 2);
      offsets = Arrays.copyOf(offsets, more);
      lengths = Arrays.copyOf(lengths, more);
      unmap = Arrays.copyOf(unmap, more);
    }
    offsets[count] = offset;
    lengths[count] = length;
    unmap[count++] = mayUnmap;
    bytes += length;
  }

  /** How many ranges there are. */
  int count() {
    return count;
  }

  /** Bytes in all ranges together; those that overlap count twice. */
  long bytes() {
    return bytes;
  }

  /** Whether a range is left to be taken. */
  boolean hasNext() {
    return next < count;
  }

  /** Makes an operation a discard of the next range, which is taken by that. */
  void discardNext(ZvolRequest operation) {
    operation.discard(offsets[next], lengths[next]);
    next++;
  }

  /** Makes an operation a filling of the next range with zeroes, which is taken by that. */
  void zeroNext(ZvolRequest operation) {
    operation.writeZeroes(offsets[next], lengths[next], unmap[next]);
    next++;
  }
}
