package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** A split ring whose driver breaks its rules. */
final class AttackedSplit extends AttackedRing {
  private final GuestRam ram;
  private final DriverRing ring;
  private final SplitDriver driver;
  private final SplitVirtqueue queue;

  AttackedSplit(GuestRam ram, int size, long features, GuestMemory memory, int index) {
    this.ram = ram;
    ring = new DriverRing(ram, size);
    ring.startAt(index);
    driver = new SplitDriver(ring, (features & Features.EVENT_IDX) != 0);
    queue = new SplitVirtqueue(size, features, index, memory, ring.memory());
  }

  @Override
  Virtqueue queue() {
    return queue;
  }

  @Override
  Driver driver() {
    return driver;
  }

  @Override
  int make(boolean indirect, Piece... pieces) {
    return indirect ? ring.addIndirect(pieces) : ring.add(pieces);
  }

  @Override
  MemorySegment reference(int name) {
    return slot(name);
  }

  private MemorySegment slot(int index) {
    return ring.memory().descriptors().asSlice(16L * index, 16);
  }

  @Override
  MemorySegment descriptor(int name, int index) {
    MemorySegment found = slot(name);
    if ((found.get(JAVA_SHORT, flagsOffset()) & DriverRing.INDIRECT) != 0) {
      return ram.at(found.get(JAVA_LONG_UNALIGNED, 0) + 16L * index, 16);
    }
    for (int i = 0; i < index; i++) {
      found = slot(found.get(JAVA_SHORT, 14) & 0xffff);
    }
    return found;
  }

  @Override
  long flagsOffset() {
    return 12;
  }

  @Override
  void rename(int name, int descriptors, int other) {
    int slot = queue.base() & (ring.size() - 1);
    ring.memory().available().set(JAVA_SHORT, 4 + 2L * slot, (short) other);
  }

  @Override
  void unend(int name, int descriptors) {
    MemorySegment last = descriptor(name, descriptors - 1);
    flags(last, NEXT, 0);
    last.set(JAVA_SHORT, 14, (short) name);
  }

  @Override
  void overfill() {
    ring.availableIndex(queue.base() + ring.size() + 1);
  }

  @Override
  Runnable scribble(int name, Random random) {
    MemorySegment head = slot(name);
    long address = head.get(JAVA_LONG_UNALIGNED, 0);
    long rest = head.get(JAVA_LONG_UNALIGNED, 8);
    head.set(JAVA_LONG_UNALIGNED, 0, random.nextLong());
    head.set(JAVA_LONG_UNALIGNED, 8, random.nextLong());
    return () -> {
      head.set(JAVA_LONG_UNALIGNED, 0, address);
      head.set(JAVA_LONG_UNALIGNED, 8, rest);
    };
  }

  @Override
  void scribble(Random random) {
    ring.availableFlags(random.nextInt());
    ring.usedEvent(random.nextInt());
    ring.memory().used().set(JAVA_SHORT, 0, (short) random.nextInt());
  }
}
