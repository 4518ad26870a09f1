package org.kvmzone.bench.bare;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Copies every frame that the guest sends to a place of its own, and drops it. */
final class Sink extends Batches {
  private static final long LONGEST = 65_536;

  private final BareRing ring;
  private final Window window;
  private final MemorySegment place = Arena.ofAuto().allocate(LONGEST, 64);

  Sink(BareRing transmit, Window window) {
    super(transmit);
    this.ring = transmit;
    this.window = window;
  }

  @Override
  int turn() {
    int count = ring.take(BareRing.BATCH);
    if (count == 0) {
      return 0;
    }
    requireSingle(ring);
    for (int i = 0; i < count; i++) {
      long at = window.offset(ring.address[i]) + NetHeader.BYTES;
      MemorySegment.copy(window.memory(), at, place, 0, ring.length(i) - NetHeader.BYTES);
    }
    ring.give(count);
    return count;
  }
}
