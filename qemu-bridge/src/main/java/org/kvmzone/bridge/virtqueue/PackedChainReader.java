package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.kvmzone.bridge.virtqueue.ChainMemory.DESCRIPTOR_SIZE;
import static org.kvmzone.bridge.virtqueue.ChainMemory.INDIRECT;
import static org.kvmzone.bridge.virtqueue.ChainMemory.MAX_DESCRIPTORS;
import static org.kvmzone.bridge.virtqueue.ChainMemory.NEXT;
import static org.kvmzone.bridge.virtqueue.ChainMemory.WRITE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Walks the descriptors of one chain of a packed ring (virtio 1.3 §2.8.5 to §2.8.7): they follow
 * each other, the last one carries the chain's id. Each is read once, and believed in nothing.
 */
final class PackedChainReader {
  private static final ValueLayout.OfLong LE64 =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int size;
  private final ChainMemory memory;
  private final long[] kept; // of each descriptor read last, its two halves; or nothing
  private int slots;

  /** A reader that remembers the descriptors of the last chain, or does not. */
  PackedChainReader(int size, ChainMemory memory, boolean remembers) {
    this.size = size;
    this.memory = memory;
    this.kept = new long[remembers ? 2 * Math.min(size, MAX_DESCRIPTORS) : 0];
  }

  /** How many slots of the ring the last chain took. */
  int slots() {
    return slots;
  }

  /** The address in descriptor {@code index} of that chain, if it is remembered. */
  long address(int index) {
    return kept[2 * index];
  }

  /** Length, id and flags in that descriptor, as a ring has them. */
  long rest(int index) {
    return kept[2 * index + 1];
  }

  /**
   * Fills {@code chain} from the descriptors that begin in slot {@code first}. Whether those behind
   * the first are marked available is not asked: the driver marks the first last (§2.8.6).
   *
   * @param head length, id and flags of the first descriptor, read before
   * @param room how many slots the driver may have filled, at least 1
   */
  @Nullable QueueFault read(MemorySegment ring, int first, long head, int room, Chain chain) {
    chain.begin(0);
    int most = Math.min(room, MAX_DESCRIPTORS);
    long rest = head;
    int slot = first;
    boolean writing = false;
    for (slots = 1; ; slots++) {
      long address = ring.get(LE64, (long) slot * DESCRIPTOR_SIZE);
      if (kept.length > 0) {
        kept[2 * slots - 2] = address;
        kept[2 * slots - 1] = rest;
      }
      long length = rest & 0xffff_ffffL;
      int flags = (int) (rest >>> 48);
      if ((flags & INDIRECT) != 0) {
        // A list is of one kind or the other, never mixed (§2.8.5, §2.8.19).
        QueueFault fault =
            slots > 1 ? QueueFault.INDIRECT_FORBIDDEN : readTable(address, length, flags, chain);
        chain.head(id(rest));
        return fault;
      }
      boolean write = (flags & WRITE) != 0;
      if (writing && !write) {
        return QueueFault.READABLE_AFTER_WRITABLE;
      }
      writing = write;
      QueueFault fault = memory.add(chain, address, length, write);
      if (fault != null) {
        return fault;
      }
      if ((flags & NEXT) == 0) {
        chain.took(slots);
        chain.head(id(rest));
        return null;
      }
      if (slots == most) {
        return QueueFault.CHAIN_TOO_LONG;
      }
      slot = slot + 1 == size ? 0 : slot + 1;
      // Length, id and flags at once: the guest may be changing them.
      rest = ring.get(LE64, (long) slot * DESCRIPTOR_SIZE + 8);
    }
  }

  private static int id(long rest) {
    return (int) (rest >>> 32) & 0xffff;
  }

  /** All entries of a table, in their order; of their flags only WRITE counts (§2.8.7). */
  private @Nullable QueueFault readTable(long address, long length, int flags, Chain chain) {
    QueueFault fault = memory.referenceFault(flags, length);
    if (fault != null) {
      return fault;
    }
    if (length > (long) MAX_DESCRIPTORS * DESCRIPTOR_SIZE) {
      return QueueFault.CHAIN_TOO_LONG;
    }
    MemorySegment table = memory.table(chain, address, length);
    if (table == null) {
      return QueueFault.BAD_ADDRESS;
    }
    chain.took((int) length / DESCRIPTOR_SIZE);
    long end = memory.tableOffset() + length;
    boolean writing = false;
    for (long at = memory.tableOffset(); at < end; at += DESCRIPTOR_SIZE) {
      long target = table.get(LE64, at);
      long rest = table.get(LE64, at + 8);
      boolean write = ((int) (rest >>> 48) & WRITE) != 0;
      if (writing && !write) {
        return QueueFault.READABLE_AFTER_WRITABLE;
      }
      writing = write;
      fault = memory.add(chain, target, rest & 0xffff_ffffL, write);
      if (fault != null) {
        return fault;
      }
    }
    return null;
  }
}
