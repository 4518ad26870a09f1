package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.memory.Buffers;

/**
 * A frame that lies in several chunks, gathered part by part: the kernel hands over all of them at
 * once, but who reads them does so by batches. Of a frame that is too long the chunks are let go of
 * at once, and what is still to come of it, to its end, as it comes.
 */
final class XdpChain {
  /** The most parts: as many as the kernel makes of any frame, its MAX_SKB_FRAGS and one. */
  static final int MOST = 18;

  private final MemorySegment memory;
  private final int longest;
  private final Buffers parts = new Buffers();
  private final long[] places = new long[MOST];
  private int count;
  private boolean lost;

  /**
   * No frame.
   *
   * @param memory what the chunks are in
   * @param longest bytes of the longest frame
   */
  XdpChain(MemorySegment memory, int longest) {
    this.memory = memory;
    this.longest = longest;
  }

  /** Whether a frame has begun that has not ended. */
  boolean isOpen() {
    return count > 0 || lost;
  }

  /** Whether the frame that has begun was too long. */
  boolean isLost() {
    return lost;
  }

  /**
   * Adds a part.
   *
   * @param at where it is in the memory
   * @return false if the frame is too long with it: then it is not added
   */
  boolean add(long at, int length) {
    if (count == MOST || length > longest - parts.bytes()) {
      return false;
    }
    places[count++] = at;
    parts.add(memory, at, length);
    return true;
  }

  /** All parts so far. */
  Buffers parts() {
    return parts;
  }

  /** Bytes of all parts so far. */
  int length() {
    return (int) parts.bytes();
  }

  /** How many parts there are so far. */
  int count() {
    return count;
  }

  /** Where a part is in the memory. */
  long place(int part) {
    return places[part];
  }

  /** Nothing more is kept of the frame that has begun. */
  void lose() {
    end();
    lost = true;
  }

  /** The frame has ended; the next part begins another. */
  void end() {
    parts.clear();
    count = 0;
    lost = false;
  }
}
