package org.kvmzone.bridge.virtqueue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;
import org.kvmzone.bridge.testing.Choices;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;

/** Memory of several regions that all runs of a target share, and what is pointed at in it. */
final class FuzzMemory {
  static final int ENTRIES = 24;
  static final int RAM_BYTES = 1 << 20;
  static final GuestRam RAM = new GuestRam(RAM_BYTES);

  private static final int PAGE = EdgeFixture.PAGE;
  private static final long BORDER = GuestRam.GUEST_BASE + RAM_BYTES;
  private static final GuestRam ADJACENT = new GuestRam(PAGE, BORDER, 0x1000_0000);
  private static final GuestRam LOWEST = new GuestRam(PAGE, 0, 0x2000_0000);
  private static final GuestRam HIGHEST = new GuestRam(PAGE, -PAGE, 0x3000_0000);

  static final GuestMemory MEMORY =
      new GuestMemory(List.of(LOWEST.region(), RAM.region(), ADJACENT.region(), HIGHEST.region()));

  private static final long[] EDGES = {0, PAGE, GuestRam.GUEST_BASE, BORDER + PAGE, -PAGE};
  private static final long BUFFERS = RAM.allocate(PAGE, PAGE);
  private static final long TABLE = RAM.allocate(ENTRIES * 16, 16);

  private FuzzMemory() {}

  /** For other tests of this process count what is mapped. */
  static void unmap() {
    MEMORY.regions().forEach(MemoryRegion::close);
  }

  /** Where the indirect table is. */
  static long tableAt() {
    return TABLE;
  }

  static MemorySegment table() {
    return RAM.at(TABLE, ENTRIES * 16L);
  }

  /** The address of an honest buffer of less than 64 bytes, some across two regions. */
  static long buffer(Choices choices) {
    return choices.below(8) == 1 ? BORDER - choices.below(64) : BUFFERS + choices.below(PAGE - 64);
  }

  /** An honest address, rarely one near an edge of memory, or of numbers. */
  static long spoilt(long address, Choices choices) {
    return choices.rarely() ? choices.edge() + EDGES[choices.below(EDGES.length)] : address;
  }

  /** Flags with, rarely, one changed. */
  static int spoiltFlags(int flags, Choices choices) {
    return choices.rarely() ? flags ^ (1 << choices.below(16)) : flags;
  }

  static int spoiltLength(int length, Choices choices) {
    return choices.rarely() ? (int) choices.edge() : length;
  }

  static int flags(boolean readable, boolean last) {
    return (readable ? 0 : DriverRing.WRITE) | (last ? 0 : DriverRing.NEXT);
  }
}
