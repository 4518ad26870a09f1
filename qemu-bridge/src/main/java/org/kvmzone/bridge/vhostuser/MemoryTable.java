package org.kvmzone.bridge.vhostuser;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.memory.DirtyLog;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;
import org.kvmzone.bridge.memory.MemoryRegion.Description;

/**
 * What the front end of one connection shares: regions of guest memory, the log of what is written
 * to them, the area where requests in flight are noted. Adding a region that is there and removing
 * one that is not change nothing: QEMU before 8.0 keeps a table for each pair of a card's queues,
 * and announces each change once for each.
 *
 * <p>All is unmapped when the connection has ended and no queue has a request in flight any more:
 * the last of them to {@link #release} does it.
 */
final class MemoryTable {
  /** How many regions there may be: what QEMU keeps to (an ACPI machine's slots). */
  static final int MAX_REGIONS = 509;

  private final List<MemoryRegion> regions = new ArrayList<>();
  private final AtomicInteger users = new AtomicInteger(1); // the session
  private Arena mapped = Arena.ofShared(); // of the tables since a region was last unmapped
  private GuestMemory memory = GuestMemory.EMPTY;
  private @Nullable DirtyLog log;
  private @Nullable InflightArea inflight;

  /** The table as it is now. */
  GuestMemory memory() {
    return memory;
  }

  boolean isEmpty() {
    return regions.isEmpty();
  }

  /** A queue begins to use the memory. */
  void retain() {
    users.incrementAndGet();
  }

  /** A queue, or the session, has ended. */
  void release() {
    if (users.decrementAndGet() == 0) {
      clear();
      log().ifPresent(DirtyLog::close);
      inflight().ifPresent(InflightArea::close);
    }
  }

  /** Where to note what is written, if the front end has said. */
  Optional<DirtyLog> log() {
    return Optional.ofNullable(log);
  }

  /**
   * Replaces the log; the caller sees to it that nobody uses the old one any more, and closes it.
   *
   * @throws RefusedException if it is too small for the memory
   */
  Optional<DirtyLog> log(DirtyLog other) throws RefusedException {
    for (MemoryRegion region : regions) {
      requireCovered(other, region.description());
    }
    Optional<DirtyLog> old = log();
    log = other;
    return old;
  }

  private static void requireCovered(DirtyLog log, Description region) throws RefusedException {
    if (!log.covers(region)) {
      throw new RefusedException("dirty log without bits for the memory at " + hex(region));
    }
  }

  /** Where requests in flight are noted, if the front end has said. */
  Optional<InflightArea> inflight() {
    return Optional.ofNullable(inflight);
  }

  /** Replaces that; no queue is running. */
  void inflight(Optional<InflightArea> other) {
    inflight().ifPresent(InflightArea::close);
    inflight = other.orElse(null);
  }

  /**
   * Adds a region, unless it is there already.
   *
   * @throws RefusedException if it cannot be mapped, or overlaps another
   */
  void add(Description description, Fd file) throws RefusedException {
    if (regions.stream().anyMatch(region -> region.description().equals(description))) {
      return;
    }
    if (regions.size() >= MAX_REGIONS) {
      throw new RefusedException("more than " + MAX_REGIONS + " memory regions");
    }
    for (MemoryRegion region : regions) {
      if (region.description().overlaps(description)) {
        throw new RefusedException(
            "memory region at " + hex(description) + " overlaps " + hex(region.description()));
      }
    }
    if (log != null) {
      requireCovered(log, description);
    }
    try {
      regions.add(MemoryRegion.map(description, file.number()));
    } catch (IllegalArgumentException | NativeException e) {
      throw new RefusedException("" + e.getMessage());
    }
    memory = new GuestMemory(regions, mapped);
  }

  /** Removes a region, if it is there; no queue is running. */
  void remove(Description description) {
    // Identified by addresses and size: the offset belongs to the descriptor that came with it.
    for (MemoryRegion region : regions) {
      Description known = region.description();
      if (known.guestAddress() == description.guestAddress()
          && known.userAddress() == description.userAddress()
          && known.size() == description.size()) {
        regions.remove(region);
        renew();
        region.close();
        return;
      }
    }
  }

  /** Removes all regions; no queue is running. */
  void clear() {
    List<MemoryRegion> gone = List.copyOf(regions);
    regions.clear();
    renew();
    gone.forEach(MemoryRegion::close);
  }

  /** A region is about to be unmapped: of tables that have it, nobody reads any more. */
  private void renew() {
    mapped.close();
    mapped = Arena.ofShared();
    memory = new GuestMemory(regions, mapped);
  }

  private static String hex(Description description) {
    return "0x" + Long.toHexString(description.guestAddress());
  }
}
