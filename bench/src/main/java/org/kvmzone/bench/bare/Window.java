package org.kvmzone.bench.bare;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.kvmzone.bridge.memory.MemoryRegion;

/** Finds guest addresses: nearly always in the region in which the last one was. */
final class Window {
  private final MemoryRegion[] regions;
  private long start;
  private long size; // 0: nothing was found yet
  private MemorySegment memory = MemorySegment.NULL;

  Window(List<MemoryRegion> regions) {
    this.regions = regions.toArray(MemoryRegion[]::new);
  }

  /** Where in {@link #memory()}, as it is after this call, the guest address is. */
  long offset(long guestAddress) {
    long offset = guestAddress - start;
    return Long.compareUnsigned(offset, size) < 0 ? offset : search(guestAddress);
  }

  /** The region of the last address. */
  MemorySegment memory() {
    return memory;
  }

  private long search(long guestAddress) {
    for (MemoryRegion region : regions) {
      if (region.contains(guestAddress)) {
        start = region.guestAddress();
        size = region.size();
        memory = region.segment();
        return guestAddress - start;
      }
    }
    throw new IndexOutOfBoundsException("no memory at 0x" + Long.toHexString(guestAddress));
  }
}
