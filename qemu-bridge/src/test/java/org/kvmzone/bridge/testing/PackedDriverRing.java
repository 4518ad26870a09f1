package org.kvmzone.bridge.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.RingMemory;

/**
 * A driver's half of a packed ring. {@link #add} does what an honest driver does; the methods below
 * it write whatever they are told to, as a hostile one would.
 *
 * <p>Places in the ring are counted from 0 to twice its size; in the first half the wrap counter is
 * 1, in the second it is 0.
 */
public final class PackedDriverRing implements DriverEnd {
  public static final int NEXT = DriverRing.NEXT;
  public static final int WRITE = DriverRing.WRITE;
  public static final int INDIRECT = DriverRing.INDIRECT;
  public static final int AVAIL = 1 << 7;
  public static final int USED = 1 << 15;

  private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final VarHandle FLAGS = ValueLayout.JAVA_SHORT.varHandle();

  private final GuestRam ram;
  private final int size;
  private final long descriptorsAt;
  private final long availableAt;
  private final long usedAt;
  private final RingMemory memory;
  private final Deque<Integer> ids = new ArrayDeque<>();
  private final int[] slots; // of the chain by each id
  private final Table[] tables; // of each id, used again
  private int free;
  private int available;
  private int used;

  /** A ring of {@code size} entries in new guest memory. */
  public PackedDriverRing(GuestRam ram, int size) {
    this.ram = ram;
    this.size = size;
    descriptorsAt = ram.allocate(16L * size, 4096);
    availableAt = ram.allocate(4, 4096);
    usedAt = ram.allocate(4, 4096);
    memory =
        new RingMemory(
            ram.at(descriptorsAt, 16L * size), ram.at(availableAt, 4), ram.at(usedAt, 4));
    slots = new int[size];
    tables = new Table[size];
    for (int i = 0; i < size; i++) {
      ids.add(i);
      tables[i] = new Table(0, 0);
    }
    free = size;
  }

  /** Goes on at a place, as a ring does whose back end was replaced; nothing is out. */
  public void startAt(int index) {
    available = Math.floorMod(index, 2 * size);
    used = available;
    for (int i = 0; i < size; i++) {
      boolean wrap = i < slot(available) == wrap(available);
      flags(i, wrap ? AVAIL | USED : 0); // given back: in this round, or in the one before
    }
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

  /** Where an empty ring goes on, as a front end says it. */
  public int base() {
    int base = offWrap(available);
    return base | base << 16;
  }

  @Override
  public int add(Piece... pieces) {
    int id = ids.remove();
    int head = available;
    for (int i = 0; i < pieces.length; i++) {
      boolean last = i == pieces.length - 1;
      int flags = (pieces[i].writable() ? WRITE : 0) | (last ? 0 : NEXT) | marks(available);
      // The id is in the last descriptor; those of the others mean nothing (§2.8.6).
      int shown = last ? id : size + 7;
      int shownFlags = i == 0 ? flags ^ (AVAIL | USED) : flags; // the first one's come last
      descriptor(slot(available), pieces[i].address(), pieces[i].length(), shown, shownFlags);
      available = next(available, 1);
    }
    sent(id, pieces.length);
    return expose(head, id);
  }

  @Override
  public int addIndirect(Piece... pieces) {
    int id = ids.remove();
    if (tables[id].entries < pieces.length) {
      tables[id] = new Table(ram.allocate(16L * pieces.length, 16), pieces.length);
    }
    long table = tables[id].address;
    MemorySegment segment = ram.at(table, 16L * pieces.length);
    for (int i = 0; i < pieces.length; i++) {
      int flags = pieces[i].writable() ? WRITE : 0;
      descriptor(segment, i, pieces[i].address(), pieces[i].length(), 0, flags);
    }
    int flags = INDIRECT | (marks(available) ^ (AVAIL | USED));
    descriptor(slot(available), table, 16 * pieces.length, id, flags);
    int head = available;
    available = next(available, 1);
    sent(id, 1);
    return expose(head, id);
  }

  private void sent(int id, int number) {
    slots[id] = number;
    free -= number;
  }

  private int expose(int head, int id) {
    long at = 16L * slot(head) + 14;
    int flags = (memory.descriptors().get(U16, at) & ~(AVAIL | USED)) | marks(head);
    FLAGS.setRelease(memory.descriptors(), at, (short) flags);
    return id;
  }

  @Override
  public int free() {
    return free;
  }

  @Override
  public boolean hasUsed() {
    int flags = (short) FLAGS.getAcquire(memory.descriptors(), 16L * slot(used) + 14);
    return (flags & (AVAIL | USED)) == (wrap(used) ? AVAIL | USED : 0);
  }

  @Override
  public Optional<Used> nextUsed() {
    if (!hasUsed()) {
      return Optional.empty();
    }
    long at = 16L * slot(used);
    int id = memory.descriptors().get(U16, at + 12) & 0xffff;
    Used back = new Used(id, memory.descriptors().get(U32, at + 8));
    used = next(used, slots[id]);
    free += slots[id];
    ids.add(id);
    return Optional.of(back);
  }

  @Override
  public boolean kicksWanted() {
    return deviceEvents() >>> 16 != 1;
  }

  /** The place of the next chain that is made available. */
  public int available() {
    return available;
  }

  /** The place of the next chain that is given back. */
  public int used() {
    return used;
  }

  /** The slot of a place. */
  public int slot(int place) {
    return place % size;
  }

  /** The place {@code by} slots on. */
  public int next(int place, int by) {
    return (place + by) % (2 * size);
  }

  /** The flags that make a descriptor at this place available. */
  public int marks(int place) {
    return wrap(place) ? AVAIL : USED;
  }

  /** A place as it is written in 16 bits. */
  public int offWrap(int place) {
    return slot(place) | (wrap(place) ? 0x8000 : 0);
  }

  private boolean wrap(int place) {
    return place < size;
  }

  /** Writes a descriptor at the next place, marked available, whoever may use it. */
  public void offer(long address, int length, int id, int flags) {
    descriptor(slot(available), address, length, id, flags | marks(available));
    available = next(available, 1);
  }

  /** Writes a descriptor of the ring. */
  public void descriptor(int slot, long address, int length, int id, int flags) {
    descriptor(memory.descriptors(), slot, address, length, id, flags);
  }

  /** Writes a descriptor of any table. */
  public static void descriptor(
      MemorySegment table, int index, long address, int length, int id, int flags) {
    long at = 16L * index;
    table.set(U64, at, address);
    table.set(U32, at + 8, length);
    table.set(U16, at + 12, (short) id);
    table.set(U16, at + 14, (short) flags);
  }

  /** The flags of a descriptor. */
  public int flags(int slot) {
    return memory.descriptors().get(U16, 16L * slot + 14) & 0xffff;
  }

  /** Writes the flags of a descriptor. */
  public void flags(int slot, int flags) {
    FLAGS.setRelease(memory.descriptors(), 16L * slot + 14, (short) flags);
  }

  /** Writes the driver's event suppression: when it wants to be interrupted. */
  public void driverEvents(int offWrap, int flags) {
    memory.available().set(ValueLayout.JAVA_INT, 0, offWrap | flags << 16);
  }

  /** The device's event suppression: a place in the low half, flags in the high one. */
  public int deviceEvents() {
    return memory.used().get(ValueLayout.JAVA_INT, 0);
  }

  /** Memory for an indirect table. */
  private record Table(long address, int entries) {}
}
