package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.kvmzone.bridge.virtqueue.PackedInflight.at;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes over the in-flight area of a packed ring from whoever used it before, and believes nothing
 * in it. What it finds is left over: to be popped before anything that is new.
 */
final class PackedRecovery {
  private static final int AVAIL = 1 << 7;
  private static final int USED = 1 << 15;
  private static final int WRAP = 1 << 15;
  private static final int SLOT = WRAP - 1;

  /** A chain of the predecessor's. */
  private record LeftOver(int id, long counter, List<Integer> entries) {}

  private final MemorySegment area;
  private final int size;
  private final Runnable fence;
  private final MemorySegment descriptors; // of left-over chains, as they would be in a ring
  private final List<LeftOver> chains = new ArrayList<>();
  private int place;
  private int taken;

  /**
   * Reads an area.
   *
   * @param ring the descriptors
   * @param base where a ring begins whose area was never used, as it is written in 16 bits
   * @param fence between stores that must not change places
   * @throws IllegalArgumentException if what the area says cannot be
   */
  PackedRecovery(MemorySegment area, int size, MemorySegment ring, int base, Runnable fence) {
    require(area.byteSize() >= at(size), "of " + area.byteSize() + " bytes for a ring of " + size);
    this.area = area;
    this.size = size;
    this.fence = fence;
    descriptors = Arena.ofAuto().allocate(16L * size, 16);
    int version = area.get(JAVA_SHORT, PackedInflight.VERSION_AT);
    if (version == 0) {
      begin(base);
      return;
    }
    require(version == PackedInflight.VERSION, "of version " + (version & 0xffff));
    int entries = unsigned(PackedInflight.ENTRIES_AT);
    require(entries == size, "of " + entries + " entries for a ring of " + size);
    clearFree(finish(ring));
    findChains();
  }

  private void begin(int base) {
    place = base;
    area.asSlice(0, at(size)).fill((byte) 0);
    area.set(JAVA_SHORT, PackedInflight.ENTRIES_AT, (short) size);
  }

  /**
   * The predecessor may have died while it gave a chain back: whether the driver has seen it is
   * what the ring says. Returns the first free entry.
   */
  private int finish(MemorySegment ring) {
    int heads = area.get(JAVA_INT, PackedInflight.HEADS_AT);
    long places = area.get(JAVA_LONG, PackedInflight.PLACES_AT);
    int now = place(places, 0);
    int old = place(places, 1);
    int marks = ring.get(JAVA_SHORT, 16L * (old & SLOT) + 14) & (AVAIL | USED);
    boolean seen = now != old && marks != ((old & WRAP) != 0 ? AVAIL : USED);
    place = seen ? now : old;
    return seen ? heads & 0xffff : heads >>> 16;
  }

  private int place(long places, int which) {
    int slot = (int) (places >>> (16 * which)) & 0xffff;
    int wrap = (int) (places >>> (32 + 8 * which)) & 1;
    require(slot < size, "at slot " + slot + " of " + size);
    return slot | wrap << 15;
  }

  /** The marks of free entries mean nothing; such a list may be of any form, but not endless. */
  private void clearFree(int first) {
    int entry = first;
    for (int i = 0; i < size && entry < size; i++) {
      area.set(JAVA_BYTE, at(entry), (byte) 0);
      entry = unsigned(at(entry) + PackedInflight.NEXT);
    }
    fence.run();
  }

  private void findChains() {
    boolean[] seenEntries = new boolean[size];
    boolean[] seenIds = new boolean[size];
    for (int head = 0; head < size; head++) {
      if (area.get(JAVA_BYTE, at(head)) != 0) {
        LeftOver chain = read(head, seenEntries);
        require(chain.id < size && !seenIds[chain.id], "with the id " + chain.id);
        seenIds[chain.id] = true;
        chains.add(chain);
      }
    }
    chains.sort(Comparator.comparingLong(LeftOver::counter));
  }

  /** Copies a chain's descriptors to where nobody writes. */
  private LeftOver read(int head, boolean[] seen) {
    int number = unsigned(at(head) + PackedInflight.NUMBER);
    int last = unsigned(at(head) + PackedInflight.LAST);
    List<Integer> entries = new ArrayList<>();
    int entry = head;
    int id = 0;
    for (int left = number - 1; left >= 0; left--) {
      require(entry < size && !seen[entry], "whose chains have no end");
      seen[entry] = true;
      entries.add(entry);
      long rest = Long.rotateLeft(area.get(JAVA_LONG, at(entry) + PackedInflight.ID), 32);
      descriptors.set(
          JAVA_LONG, 16L * entry, area.get(JAVA_LONG, at(entry) + PackedInflight.ADDRESS));
      descriptors.set(JAVA_LONG, 16L * entry + 8, rest);
      boolean goesOn = ((rest >>> 48) & ChainMemory.NEXT) != 0;
      require(goesOn == left > 0, "with a chain that is not as long as it says");
      id = (int) (rest >>> 32) & 0xffff;
      entry = unsigned(at(entry) + PackedInflight.NEXT);
    }
    require(!entries.isEmpty() && entries.getLast() == last, "with a chain that ends elsewhere");
    return new LeftOver(id, area.get(JAVA_LONG, at(head) + PackedInflight.COUNTER), entries);
  }

  /** The area in order, with all that is left over in flight. */
  PackedInflight inflight() {
    long counter = chains.isEmpty() ? 0 : chains.getLast().counter + 1;
    PackedInflight inflight = new PackedInflight(area, size, place, counter, fence);
    boolean[] busy = new boolean[size];
    for (LeftOver chain : chains) {
      inflight.adopt(chain.id, chain.entries.stream().mapToInt(entry -> entry).toArray());
      chain.entries.forEach(entry -> busy[entry] = true);
    }
    for (int entry = size - 1; entry >= 0; entry--) {
      if (!busy[entry]) {
        inflight.release(entry);
      }
    }
    inflight.settle();
    fence.run();
    area.set(JAVA_SHORT, PackedInflight.VERSION_AT, (short) PackedInflight.VERSION);
    return inflight;
  }

  /** Where used descriptors go on, as it is written in 16 bits. */
  int place() {
    return place;
  }

  /** How many slots of the ring the chains that are left over took. */
  int slots() {
    return chains.stream().mapToInt(chain -> chain.entries.size()).sum();
  }

  /** How many of these chains are still to be popped. */
  int leftOver() {
    return chains.size() - taken;
  }

  /** Reads the next of them. */
  @Nullable QueueFault read(PackedChainReader reader, Chain chain) {
    LeftOver next = chains.get(taken++);
    MemorySegment ring = Arena.ofAuto().allocate(16L * next.entries.size(), 16);
    for (int i = 0; i < next.entries.size(); i++) {
      MemorySegment.copy(descriptors, 16L * next.entries.get(i), ring, 16L * i, 16);
    }
    long head = ring.get(JAVA_LONG_UNALIGNED, 8);
    return reader.read(ring, 0, head, next.entries.size(), chain);
  }

  /** The last one that was read is available again. */
  void undo() {
    taken--;
  }

  private int unsigned(long offset) {
    return area.get(JAVA_SHORT, offset) & 0xffff;
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException("in-flight area " + what);
    }
  }
}
