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
 * Walks the descriptors of one chain of a split ring: each is read once, and believed in nothing.
 */
final class ChainReader {
  private static final ValueLayout.OfLong LE64 =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int size;
  private final ChainMemory memory;

  ChainReader(int size, ChainMemory memory) {
    this.size = size;
    this.memory = memory;
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
        QueueFault fault =
            inIndirect ? QueueFault.INDIRECT_FORBIDDEN : memory.referenceFault(flags, length);
        if (fault != null) {
          return fault;
        }
        table = memory.table(chain, address, length);
        if (table == null) {
          return QueueFault.BAD_ADDRESS;
        }
        inIndirect = true;
        entries = length / DESCRIPTOR_SIZE;
        index = 0;
        base = memory.tableOffset();
        continue;
      }
      seen++;
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
        chain.took(seen);
        return null;
      }
      index = (int) (rest >>> 48);
    }
  }
}
