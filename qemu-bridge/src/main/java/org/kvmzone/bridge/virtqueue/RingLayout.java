package org.kvmzone.bridge.virtqueue;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.kvmzone.bridge.memory.GuestMemory;

/** How a ring lies in memory, and all that follows from it. */
public enum RingLayout {
  /** Table, available ring and used ring (virtio 1.3 §2.7). */
  SPLIT,
  /** One ring of descriptors (virtio 1.3 §2.8). */
  PACKED;

  /** What was negotiated. */
  public static RingLayout of(long features) {
    return (features & Features.RING_PACKED) == 0 ? SPLIT : PACKED;
  }

  /** Whether a ring may have this many entries. */
  public boolean isValidSize(int size) {
    return switch (this) {
      case SPLIT -> SplitVirtqueue.isValidSize(size);
      case PACKED -> PackedVirtqueue.isValidSize(size);
    };
  }

  /** Whether a ring of {@code size} entries can begin at {@code base}. */
  public boolean isValidBase(int size, int base) {
    return switch (this) {
      case SPLIT -> base >>> 16 == 0;
      case PACKED -> PackedVirtqueue.isValidBase(size, base);
    };
  }

  /** The base of a ring that was never used. */
  public int firstBase() {
    return switch (this) {
      case SPLIT -> 0;
      case PACKED -> 0x8000_8000; // both wrap counters begin at 1 (virtio 1.3 §2.8.1)
    };
  }

  /** The areas of a ring at addresses of the front end's; see {@link RingMemory}. */
  public Optional<RingMemory> locate(
      GuestMemory memory, int size, long descriptors, long available, long used) {
    return switch (this) {
      case SPLIT -> RingMemory.locate(memory, size, descriptors, available, used);
      case PACKED -> RingMemory.locatePacked(memory, size, descriptors, available, used);
    };
  }

  /**
   * The device's side of a ring.
   *
   * @param features what was negotiated
   * @param inflight where its chains in flight are noted, if they are
   * @throws IllegalArgumentException if size or base is not valid, or what is noted cannot be
   */
  public Virtqueue open(
      int size,
      long features,
      int base,
      GuestMemory memory,
      RingMemory areas,
      Optional<MemorySegment> inflight) {
    return switch (this) {
      case SPLIT ->
          new SplitVirtqueue(
              size,
              features,
              base,
              memory,
              areas,
              inflight.map(area -> new SplitInflight(area, size)));
      case PACKED -> new PackedVirtqueue(size, features, base, memory, areas, inflight);
    };
  }
}
