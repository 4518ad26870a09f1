package org.kvmzone.bench.bare;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The header in front of a frame (virtio 1.3 §5.1.6): no offloads, one buffer. */
final class NetHeader {
  static final int BYTES = 12;

  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final int ONE_BUFFER = 1 << 16; // num_buffers, behind csum_offset

  private NetHeader() {}

  /**
   * Writes a header, if it is not there already: a driver that uses its buffers again mostly finds
   * the header of last time in them, and a line that is not written need not travel.
   */
  static void write(MemorySegment memory, long at) {
    if (memory.get(U64, at) != 0 || memory.get(U32, at + 8) != ONE_BUFFER) {
      memory.set(U64, at, 0);
      memory.set(U32, at + 8, ONE_BUFFER);
    }
  }
}
