package org.kvmzone.bridge.virtqueue;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.kvmzone.bridge.memory.GuestMemory;

/**
 * The three areas of a ring (virtio 1.3 §2.7), each exactly as long as its ring is.
 *
 * @param descriptors the descriptor table, 16 bytes an entry, aligned to 16
 * @param available flags, index, ring and used_event, aligned to 2
 * @param used flags, index, ring and avail_event, aligned to 4
 */
public record RingMemory(MemorySegment descriptors, MemorySegment available, MemorySegment used) {

  /**
   * Finds the areas at addresses of the front end's.
   *
   * @param size number of entries
   * @return nothing if an area lies outside the memory or is badly aligned
   */
  public static Optional<RingMemory> locate(
      GuestMemory memory, int size, long descriptors, long available, long used) {
    if ((descriptors & 15) != 0 || (available & 1) != 0 || (used & 3) != 0) {
      return Optional.empty();
    }
    return memory
        .atUserAddress(descriptors, 16L * size)
        .flatMap(table ->
            memory
                .atUserAddress(available, 6 + 2L * size)
                .flatMap(ring ->
                    memory
                        .atUserAddress(used, 6 + 8L * size)
                        .map(elements -> new RingMemory(table, ring, elements))));
  }
}
