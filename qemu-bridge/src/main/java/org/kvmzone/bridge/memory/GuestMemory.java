package org.kvmzone.bridge.memory;

import java.lang.foreign.Arena;
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
  private final MemorySegment span;

  /** The table of these regions, which must not overlap, and stay mapped while it is used. */
  public GuestMemory(List<MemoryRegion> regions) {
    this(regions, Arena.ofAuto());
  }

  /**
   * The table of these regions, which must not overlap.
   *
   * @param mapped closed before any of them is: whoever still holds the {@link #span} gets an
   *     {@code IllegalStateException} from it
   */
  public GuestMemory(List<MemoryRegion> regions, Arena mapped) {
    this.regions = regions.toArray(MemoryRegion[]::new);
    span = regions.isEmpty() ? MemorySegment.NULL : span(regions, mapped);
  }

  private static MemorySegment span(List<MemoryRegion> regions, Arena mapped) {
    long first = Long.MAX_VALUE;
    long end = 0;
    for (MemoryRegion region : regions) {
      long address = region.segment().address();
      first = Math.min(first, address);
      end = Math.max(end, address + region.size());
    }
    return MemorySegment.ofAddress(first).reinterpret(end - first, mapped, null);
  }

  /**
   * One segment around all regions, as they lie in this process: so a batch of buffers is one,
   * whichever regions they are in. What is between the regions is not the guest's, and may be
   * nothing: only what was found to be in one may be touched.
   */
  public MemorySegment span() {
    return span;
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
