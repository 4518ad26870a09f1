package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;

/**
 * What a descriptor's address and length mean in a guest's memory, and whether they may be: the
 * half of reading a chain in which rings of either layout do not differ.
 */
final class ChainMemory {
  /** The most buffers in a chain, direct and in a table together; what Linux and QEMU keep to. */
  static final int MAX_DESCRIPTORS = 1024;

  static final int DESCRIPTOR_SIZE = 16;
  static final int NEXT = 1;
  static final int WRITE = 2;
  static final int INDIRECT = 4;

  private static final ValueLayout.OfLong LE64 =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long MAX_BYTES = 0xffff_ffffL;

  private final boolean indirectAllowed;
  private GuestMemory memory;
  private @Nullable MemoryRegion lastRegion; // guests mostly stay in one
  private @Nullable MemorySegment scratch; // for tables that straddle two regions
  private long tableOffset;

  ChainMemory(boolean indirectAllowed, GuestMemory memory) {
    this.indirectAllowed = indirectAllowed;
    this.memory = memory;
  }

  void replace(GuestMemory replacement) {
    memory = replacement;
    lastRegion = null;
  }

  /** Adds what one descriptor refers to. */
  @Nullable QueueFault add(Chain chain, long address, long length, boolean write) {
    Buffers half = write ? chain.writable() : chain.readable();
    if (chain.readable().bytes() + chain.writable().bytes() + length > MAX_BYTES) {
      return QueueFault.TOO_MANY_BYTES;
    }
    return addMemory(half, address, length) ? null : QueueFault.BAD_ADDRESS;
  }

  /**
   * Reads descriptors whose indices are in the batch, for as long as they are single buffers.
   *
   * @return how many are
   */
  int addSingles(MemorySegment table, SingleBuffers batch, int count, boolean writable) {
    int found = addOfRegion(table, batch, 0, count, writable);
    return found == count ? found : addElsewhere(table, batch, found, count, writable);
  }

  /** The rest, if the next lies in another region; apart, as the method above is the hot one. */
  private int addElsewhere(
      MemorySegment table, SingleBuffers batch, int from, int count, boolean writable) {
    int found = from;
    while (found < count && turnTo(table.get(LE64, descriptor(batch.heads[found])))) {
      found = addOfRegion(table, batch, found, count, writable);
    }
    return found;
  }

  /** The same from a descriptor on, for as long as they lie in the region of the last. */
  private int addOfRegion(
      MemorySegment table, SingleBuffers batch, int from, int count, boolean writable) {
    MemoryRegion region = lastRegion;
    if (region == null) {
      return from;
    }
    long base = region.guestAddress();
    long size = region.size();
    long begin = placeInSpan(region);
    long flags = writable ? WRITE : 0;
    int found = from;
    for (; found < count; found++) {
      long at = descriptor(batch.heads[found]);
      long offset = table.get(LE64, at) - base;
      // Length, flags and next at once: the guest may be changing them.
      long rest = table.get(LE64, at + 8);
      long length = rest & MAX_BYTES;
      if ((rest >>> 32 & 0xffff) != flags || !contains(size, offset, length)) {
        break;
      }
      batch.offsets[found] = begin + offset;
      batch.lengths[found] = length;
    }
    batch.memory = memory.span();
    return found;
  }

  /** Where in a table or ring a descriptor is. */
  static long descriptor(int index) {
    return (long) index * DESCRIPTOR_SIZE;
  }

  /** Where a region begins in {@link #span}. */
  long placeInSpan(MemoryRegion region) {
    return region.segment().address() - memory.span().address();
  }

  /** One segment around all of the guest's memory. */
  MemorySegment span() {
    return memory.span();
  }

  /** Whether an address lies in another region than the last; from now on that is the last. */
  boolean turnTo(long address) {
    MemoryRegion last = lastRegion;
    return (last == null || !last.contains(address)) && region(address) != null;
  }

  /** A negative offset is an address before the region, or beyond 2^63. */
  static boolean contains(long size, long offset, long length) {
    return offset >= 0 && length <= size && offset <= size - length;
  }

  /** The region that the last buffer lay in. */
  @Nullable MemoryRegion lastRegion() {
    return lastRegion;
  }

  /**
   * What is wrong with a reference to a table: one that was not negotiated, or has NEXT, or is no
   * whole number of entries (virtio 1.3 §2.7.5.3, §2.8.19).
   */
  @Nullable QueueFault referenceFault(int flags, long length) {
    if (!indirectAllowed || (flags & NEXT) != 0) {
      return QueueFault.INDIRECT_FORBIDDEN;
    }
    return length == 0 || length % DESCRIPTOR_SIZE != 0 ? QueueFault.INDIRECT_LENGTH : null;
  }

  /**
   * The memory that holds an indirect table, from {@link #tableOffset} on; null if part of it is
   * not the guest's.
   */
  @Nullable MemorySegment table(Chain chain, long address, long length) {
    MemoryRegion region = region(address);
    if (region == null) {
      return null;
    }
    tableOffset = address - region.guestAddress();
    if (length <= region.size() - tableOffset) {
      return region.segment();
    }
    tableOffset = 0;
    return gather(chain, address, length);
  }

  long tableOffset() {
    return tableOffset;
  }

  /** Adds a run of guest memory, in as many pieces as there are regions under it. */
  private boolean addMemory(Buffers target, long address, long length) {
    MemoryRegion last = lastRegion;
    if (last != null) {
      long offset = address - last.guestAddress();
      if (contains(last.size(), offset, length)) { // nearly always
        target.add(last.segment(), offset, length);
        return true;
      }
    }
    return addPieces(target, address, length);
  }

  private boolean addPieces(Buffers target, long address, long length) {
    if (length > 0 && Long.compareUnsigned(address + length - 1, address) < 0) {
      return false; // past the last address there is; not at the first again
    }
    long at = address;
    long left = length;
    while (left > 0) {
      MemoryRegion region = region(at);
      if (region == null) {
        return false;
      }
      long offset = at - region.guestAddress();
      long take = Math.min(left, region.size() - offset);
      target.add(region.segment(), offset, take);
      at += take;
      left -= take;
    }
    return true;
  }

  private @Nullable MemoryRegion region(long address) {
    MemoryRegion region = memory.region(address, lastRegion);
    if (region != null) {
      lastRegion = region;
    }
    return region;
  }

  /** A private copy of a table that lies in several regions; null if part of it lies in none. */
  private @Nullable MemorySegment gather(Chain chain, long address, long length) {
    // More entries than a 16-bit index reaches are no use.
    long reachable = Math.min(length, 0x1_0000L * DESCRIPTOR_SIZE);
    chain.took((int) reachable / DESCRIPTOR_SIZE);
    Buffers pieces = new Buffers();
    if (!addMemory(pieces, address, length)) {
      return null;
    }
    if (scratch == null || scratch.byteSize() < reachable) {
      scratch = Arena.ofAuto().allocate(reachable, 8);
    }
    pieces.copyTo(0, scratch, 0, reachable);
    return scratch;
  }
}
