package org.kvmzone.bridge.rehearsal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;

/** The memory of a guest that does not exist: like that of real ones, it has a hole. */
final class RehearsedMemory implements AutoCloseable {
  /** Where the guest has the parts of its memory. */
  static final long LOW = 0x1_0000_0000L;

  static final long HIGH = 0x2_0000_0000L;

  private static final long BYTES = 8 << 20;
  private static final long PAGE = 4096;

  private final Part low;
  private final Part high;
  private final Arena mapped = Arena.ofShared();
  private final GuestMemory memory;

  RehearsedMemory(Part low, Part high) {
    this.low = low;
    this.high = high;
    memory = new GuestMemory(List.of(low.region, high.region), mapped);
  }

  /** What is on one side of the hole. */
  static final class Part {
    private final MemoryRegion region;
    private long next;

    private Part(MemoryRegion region) {
      this.region = region;
      next = region.guestAddress();
    }

    static Part map(long start) {
      try (Fd fd = Fd.memory("rehearsal", BYTES, 0)) {
        return new Part(
            MemoryRegion.map(new MemoryRegion.Description(start, BYTES, start, 0), fd.number()));
      }
    }

    long allocate(long bytes) {
      long at = next;
      // Each on lines of its own, and large ones not all at the same place of their pages.
      next = at + (bytes + 63) / 64 * 64 + (bytes >= PAGE / 2 ? 64 : 0);
      return at;
    }

    void write(long at, MemorySegment content) {
      MemorySegment.copy(
          content, 0, region.segment(), at - region.guestAddress(), content.byteSize());
    }
  }

  GuestMemory table() {
    return memory;
  }

  /** Room for a ring's area. */
  long allocate(long bytes) {
    return low.allocate(bytes);
  }

  /** Room for a piece, most of which are on the same side; it begins with that content. */
  long allocate(Rehearsal.Piece piece, boolean beyond) {
    Part part = beyond ? high : low;
    long at = part.allocate(piece.bytes());
    part.write(at, piece.content());
    return at;
  }

  @Override
  public void close() {
    mapped.close();
    low.region.close();
    high.region.close();
  }
}
