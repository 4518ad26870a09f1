package org.kvmzone.bridge.memory;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An immutable table of regions: what a guest's and a front end's addresses mean. */
public final class GuestMemory {
  /** No memory at all: every address is invalid. */
  public static final GuestMemory EMPTY = new GuestMemory(List.of());

  private final MemoryRegion[] regions;

  /** The table of these regions, which must not overlap. */
  public GuestMemory(List<MemoryRegion> regions) {
    this.regions = regions.toArray(MemoryRegion[]::new);
  }

  /** The regions, in no particular order. */
  public List<MemoryRegion> regions() {
    return List.of(regions);
  }

  /**
   * The region that a guest address lies in, or null. {@code hint} is the region that the caller
   * found last: guests mostly stay in one.
   */
  public @Nullable MemoryRegion region(long guestAddress, @Nullable MemoryRegion hint) {
    if (hint != null && hint.contains(guestAddress)) {
      return hint;
    }
    for (MemoryRegion region : regions) {
      if (region.contains(guestAddress)) {
        return region;
      }
    }
    return null;
  }

  /** The region that this process sees at an address of its own, or null. */
  @Nullable MemoryRegion regionAt(long address) {
    for (MemoryRegion region : regions) {
      if (Long.compareUnsigned(address - region.segment().address(), region.size()) < 0) {
        return region;
      }
    }
    return null;
  }

  /**
   * Memory at an address of the front end's, as rings are announced with. The whole of it lies in
   * one region.
   */
  public Optional<MemorySegment> atUserAddress(long userAddress, long length) {
    return Arrays.stream(regions)
        .filter(region -> fits(userAddress - region.description().userAddress(), length, region))
        .findAny()
        .map(r -> r.segment().asSlice(userAddress - r.description().userAddress(), length));
  }

  private static boolean fits(long offset, long length, MemoryRegion region) {
    return offset >= 0 && length >= 0 && offset <= region.size() - length;
  }
}
