package org.kvmzone.bridge.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.RingMemory;

/**
 * A driver's half of a split ring. {@link #add} does what an honest driver does; the methods below
 * it write whatever they are told to, as a hostile one would.
 */
public final class DriverRing implements DriverEnd {
  public static final int NEXT = 1;
  public static final int WRITE = 2;
  public static final int INDIRECT = 4;

  private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;
  private static final ValueLayout.OfShort U16_UNALIGNED = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final VarHandle INDEX = U16.varHandle();

  private final GuestRam ram;
  private final int size;
  private final long descriptorsAt;
  private final long availableAt;
  private final long usedAt;
  private final RingMemory memory;
  private final Deque<Integer> free = new ArrayDeque<>();
  private final Table[] tables; // of each head, used again
  private int available;
  private int usedSeen;

  /** A ring of {@code size} entries in new guest memory. */
  public DriverRing(GuestRam ram, int size) {
    this.ram = ram;
    this.size = size;
    descriptorsAt = ram.allocate(16L * size, 4096);
    availableAt = ram.allocate(6 + 2L * size, 4096);
    usedAt = ram.allocate(6 + 8L * size, 4096);
    memory =
        new RingMemory(
            ram.at(descriptorsAt, 16L * size),
            ram.at(availableAt, 6 + 2L * size),
            ram.at(usedAt, 6 + 8L * size));
    tables = new Table[size];
    for (int i = 0; i < size; i++) {
      free.add(i);
      tables[i] = new Table(0, 0);
    }
  }

  /** Counts on from {@code index}, as a ring does whose back end was replaced; nothing is out. */
  public void startAt(int index) {
    available = index;
    usedSeen = index;
    availableIndex(index);
    INDEX.setRelease(memory.used(), 2L, (short) index);
  }

  @Override
  public RingMemory memory() {
    return memory;
  }

  @Override
  public long descriptorsAt() {
    return descriptorsAt;
  }

  @Override
  public long availableAt() {
    return availableAt;
  }

  @Override
  public long usedAt() {
    return usedAt;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int add(Piece... pieces) {
    int[] slots = new int[pieces.length];
    for (int i = 0; i < pieces.length; i++) {
      slots[i] = free.remove();
    }
    for (int i = 0; i < pieces.length; i++) {
      boolean last = i == pieces.length - 1;
      int flags = (pieces[i].writable() ? WRITE : 0) | (last ? 0 : NEXT);
      descriptor(slots[i], pieces[i].address(), pieces[i].length(), flags, last ? 0 : slots[i + 1]);
    }
    available(slots[0]);
    return slots[0];
  }

  @Override
  public int addIndirect(Piece... pieces) {
    int head = free.remove();
    if (tables[head].entries < pieces.length) {
      tables[head] = new Table(ram.allocate(16L * pieces.length, 16), pieces.length);
    }
    long table = tables[head].address;
    MemorySegment segment = ram.at(table, 16L * pieces.length);
    for (int i = 0; i < pieces.length; i++) {
      boolean last = i == pieces.length - 1;
      int flags = (pieces[i].writable() ? WRITE : 0) | (last ? 0 : NEXT);
      descriptor(segment, i, pieces[i].address(), pieces[i].length(), flags, last ? 0 : i + 1);
    }
    descriptor(head, table, 16 * pieces.length, INDIRECT, 0);
    available(head);
    return head;
  }

  @Override
  public int free() {
    return free.size();
  }

  @Override
  public boolean hasUsed() {
    return usedIndex() != usedSeen;
  }

  @Override
  public boolean kicksWanted() {
    return (usedFlags() & 1) == 0;
  }

  /** How much was taken with {@link #nextUsed}, as the ring counts. */
  public int usedSeen() {
    return usedSeen;
  }

  /** How much was made available, as the ring counts. */
  public int availableSoFar() {
    return available;
  }

  private int usedIndex() {
    return (short) INDEX.getAcquire(memory.used(), 2L) & 0xffff;
  }

  @Override
  public Optional<Used> nextUsed() {
    if (!hasUsed()) {
      return Optional.empty();
    }
    long at = 4 + 8L * (usedSeen & (size - 1));
    usedSeen = (usedSeen + 1) & 0xffff;
    Used used = new Used(memory.used().get(U32, at), memory.used().get(U32, at + 4));
    reclaim(used.head());
    return Optional.of(used);
  }

  private void reclaim(int head) {
    int slot = head;
    while (true) {
      free.add(slot);
      long at = 16L * slot;
      int flags = memory.descriptors().get(U16, at + 12);
      if ((flags & NEXT) == 0) {
        return;
      }
      slot = memory.descriptors().get(U16, at + 14) & 0xffff;
    }
  }

  /** Writes a descriptor of the ring's own table. */
  public void descriptor(int index, long address, int length, int flags, int next) {
    descriptor(memory.descriptors(), index, address, length, flags, next);
  }

  /** Writes a descriptor of any table. */
  public static void descriptor(
      MemorySegment table, int index, long address, int length, int flags, int next) {
    long at = 16L * index;
    table.set(U64, at, address);
    table.set(U32, at + 8, length);
    table.set(U16_UNALIGNED, at + 12, (short) flags);
    table.set(U16_UNALIGNED, at + 14, (short) next);
  }

  /** Makes whatever {@code head} is available. */
  public void available(int head) {
    memory.available().set(U16, 4 + 2L * (available & (size - 1)), (short) head);
    available = (available + 1) & 0xffff;
    availableIndex(available);
  }

  /** Sets the available index. */
  public void availableIndex(int index) {
    INDEX.setRelease(memory.available(), 2L, (short) index);
  }

  /** Sets the available ring's flags: 1 wants no interrupts. */
  public void availableFlags(int flags) {
    memory.available().set(U16, 0, (short) flags);
  }

  /** Sets used_event: the used index that an interrupt is wanted for. */
  public void usedEvent(int index) {
    memory.available().set(U16, 4 + 2L * size, (short) index);
  }

  /** The used ring's flags: 1 wants no kicks. */
  public int usedFlags() {
    return memory.used().get(U16, 0);
  }

  /** avail_event: the available index that the device wants to be kicked for. */
  public int availableEvent() {
    return memory.used().get(U16, 4 + 8L * size) & 0xffff;
  }

  /**
   * A used element.
   *
   * @param head the chain
   * @param length bytes that the device says it wrote
   */
  public record Used(int head, int length) {}

  /** Memory for an indirect table. */
  private record Table(long address, int entries) {}
}
