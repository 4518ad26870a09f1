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

/** Walks the descriptors of one chain: each is read once, and believed in nothing. */
final class ChainReader {
  /** The most buffers in a chain, direct and in a table together; what Linux and QEMU keep to. */
  static final int MAX_DESCRIPTORS = 1024;

  private static final ValueLayout.OfLong LE64 =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int DESCRIPTOR_SIZE = 16;
  private static final int NEXT = 1;
  private static final int WRITE = 2;
  private static final int INDIRECT = 4;
  private static final long MAX_BYTES = 0xffff_ffffL;

  private final int size;
  private final boolean indirectAllowed;
  private GuestMemory memory;
  private @Nullable MemoryRegion lastRegion; // guests mostly stay in one
  private @Nullable MemorySegment scratch; // for tables that straddle two regions

  ChainReader(int size, boolean indirectAllowed, GuestMemory memory) {
    this.size = size;
    this.indirectAllowed = indirectAllowed;
    this.memory = memory;
  }

  void memory(GuestMemory replacement) {
    memory = replacement;
    lastRegion = null;
  }

  /** Fills {@code chain} from the descriptor {@code head} of the ring's own table. */
  @Nullable QueueFault read(MemorySegment ringTable, int head, Chain chain) {
    chain.begin(head);
    MemorySegment table = ringTable;
    long base = 0;
    long entries = size;
    boolean inIndirect = false;
    boolean writing = false;
    int index = head;
    int seen = 0;
    while (true) {
      if (index >= entries) {
        return QueueFault.DESCRIPTOR_INDEX;
      }
      // A direct chain that visits more descriptors than the table has is a loop.
      if (seen == MAX_DESCRIPTORS || (!inIndirect && seen == size)) {
        return QueueFault.CHAIN_TOO_LONG;
      }
      long at = base + (long) index * DESCRIPTOR_SIZE;
      long address = table.get(LE64, at);
      // Length, flags and next at once: the guest may be changing them.
      long rest = table.get(LE64, at + 8);
      long length = rest & 0xffff_ffffL;
      int flags = (int) (rest >>> 32) & 0xffff;
      if ((flags & INDIRECT) != 0) {
        QueueFault fault = indirectFault(flags, length, inIndirect);
        if (fault != null) {
          return fault;
        }
        inIndirect = true;
        entries = length / DESCRIPTOR_SIZE;
        index = 0;
        MemoryRegion region = region(address);
        if (region == null) {
          return QueueFault.BAD_ADDRESS;
        }
        base = address - region.guestAddress();
        table = region.segment();
        if (length > region.size() - base) {
          chain.took((int) reachable(length) / DESCRIPTOR_SIZE);
          table = gather(address, length);
          base = 0;
          if (table == null) {
            return QueueFault.BAD_ADDRESS;
          }
        }
        continue;
      }
      seen++;
      boolean write = (flags & WRITE) != 0;
      if (writing && !write) {
        return QueueFault.READABLE_AFTER_WRITABLE;
      }
      writing = write;
      QueueFault fault = add(chain, address, length, write);
      if (fault != null) {
        return fault;
      }
      if ((flags & NEXT) == 0) {
        chain.took(seen);
        return null;
      }
      index = (int) (rest >>> 48);
    }
  }

  /** virtio 1.3 §2.7.5.3: no table in a table, none with NEXT, a whole number of entries. */
  private @Nullable QueueFault indirectFault(int flags, long length, boolean inIndirect) {
    if (!indirectAllowed || inIndirect || (flags & NEXT) != 0) {
      return QueueFault.INDIRECT_FORBIDDEN;
    }
    return length == 0 || length % DESCRIPTOR_SIZE != 0 ? QueueFault.INDIRECT_LENGTH : null;
  }

  private @Nullable QueueFault add(Chain chain, long address, long length, boolean write) {
    Buffers half = write ? chain.writable() : chain.readable();
    if (chain.readable().bytes() + chain.writable().bytes() + length > MAX_BYTES) {
      return QueueFault.TOO_MANY_BYTES;
    }
    return addMemory(half, address, length) ? null : QueueFault.BAD_ADDRESS;
  }

  /** Adds a run of guest memory, in as many pieces as there are regions under it. */
  private boolean addMemory(Buffers target, long address, long length) {
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
  private @Nullable MemorySegment gather(long address, long length) {
    Buffers pieces = new Buffers();
    if (!addMemory(pieces, address, length)) {
      return null;
    }
    long reachable = reachable(length);
    if (scratch == null || scratch.byteSize() < reachable) {
      scratch = Arena.ofAuto().allocate(reachable, 8);
    }
    pieces.copyTo(0, scratch, 0, reachable);
    return scratch;
  }

  /** The bytes of a table that count: more entries than a 16-bit index reaches are no use. */
  private static long reachable(long length) {
    return Math.min(length, 0x1_0000L * DESCRIPTOR_SIZE);
  }
}
