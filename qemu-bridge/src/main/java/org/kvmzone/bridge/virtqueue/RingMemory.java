package org.kvmzone.bridge.virtqueue;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.kvmzone.bridge.memory.GuestMemory;

/**
 * The three areas of a ring (virtio 1.3 §2.7, §2.8.10.1), each exactly as long as its ring is.
 *
 * @param descriptors the descriptors, 16 bytes an entry, aligned to 16
 * @param available the driver's area. Of a split ring: flags, index, ring and used_event, aligned
 *     to 2; of a packed one: driver event suppression, 4 bytes aligned to 4
 * @param used the device's area. Of a split ring: flags, index, ring and avail_event, aligned to 4;
 *     of a packed one: device event suppression, 4 bytes aligned to 4
 */
public record RingMemory(MemorySegment descriptors, MemorySegment available, MemorySegment used) {
  static {
    // Initialised while all is well: if the InternalError of memory that went away came while it
    // is (see LostMemory), it would be of no use to any ring of this process again.
    QueueFault.values();
  }

  /**
   * Finds the areas of a split ring at addresses of the front end's.
   *
   * @param size number of entries
   * @return nothing if an area lies outside the memory or is badly aligned
   */
  public static Optional<RingMemory> locate(
      GuestMemory memory, int size, long descriptors, long available, long used) {
    return area(memory, descriptors, 16L * size, 16)
        .flatMap(table ->
            area(memory, available, 6 + 2L * size, 2)
                .flatMap(ring ->
                    area(memory, used, 6 + 8L * size, 4)
                        .map(elements -> new RingMemory(table, ring, elements))));
  }

  /**
   * Finds the areas of a packed ring at addresses of the front end's.
   *
   * @param size number of entries
   * @return nothing if an area lies outside the memory or is badly aligned
   */
  public static Optional<RingMemory> locatePacked(
      GuestMemory memory, int size, long descriptors, long driverEvents, long deviceEvents) {
    return area(memory, descriptors, 16L * size, 16)
        .flatMap(ring ->
            area(memory, driverEvents, 4, 4)
                .flatMap(driver ->
                    area(memory, deviceEvents, 4, 4)
                        .map(device -> new RingMemory(ring, driver, device))));
  }

  /** Alignment counts where this process sees the area: a front end may map a region anywhere. */
  private static Optional<MemorySegment> area(
      GuestMemory memory, long address, long length, long alignment) {
    return memory
        .atUserAddress(address, length)
        .filter(area -> (area.address() & (alignment - 1)) == 0);
  }
}
