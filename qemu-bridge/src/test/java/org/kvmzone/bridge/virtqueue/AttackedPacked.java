package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.kvmzone.bridge.testing.PackedDriverRing.INDIRECT;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.PackedDriverRing;

/** A packed ring whose driver breaks its rules. */
final class AttackedPacked extends AttackedRing {
  private static final int MEANINGLESS = 0x0078;

  private final GuestRam ram;
  private final PackedDriverRing ring;
  private final PackedDriver driver;
  private final PackedVirtqueue queue;
  private final int[] places; // of the chain by each name

  AttackedPacked(GuestRam ram, int size, long features, GuestMemory memory, int index) {
    this.ram = ram;
    ring = new PackedDriverRing(ram, size);
    ring.startAt(index);
    driver = new PackedDriver(ring, (features & Features.EVENT_IDX) != 0);
    queue = new PackedVirtqueue(size, features, ring.base(), memory, ring.memory());
    places = new int[size];
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
    int place = ring.available();
    int name = indirect ? ring.addIndirect(pieces) : ring.add(pieces);
    places[name] = place;
    return name;
  }

  @Override
  MemorySegment reference(int name) {
    return slot(places[name]);
  }

  private MemorySegment slot(int place) {
    return ring.memory().descriptors().asSlice(16L * ring.slot(place), 16);
  }

  @Override
  MemorySegment descriptor(int name, int index) {
    MemorySegment head = slot(places[name]);
    if ((head.get(JAVA_SHORT_UNALIGNED, flagsOffset()) & INDIRECT) != 0) {
      return ram.at(head.get(JAVA_LONG_UNALIGNED, 0) + 16L * index, 16);
    }
    return slot(ring.next(places[name], index));
  }

  @Override
  long flagsOffset() {
    return 14;
  }

  @Override
  void rename(int name, int descriptors, int other) {
    slot(ring.next(places[name], descriptors - 1)).set(JAVA_SHORT_UNALIGNED, 12, (short) other);
  }

  @Override
  void unend(int name, int descriptors) {
    flags(descriptor(name, descriptors - 1), NEXT, 0);
    // Of the same kind, to its end and beyond: whatever was in those slots.
    for (int i = descriptors; i < ring.size(); i++) {
      ring.descriptor(ring.slot(places[name] + i), 0, 0, 0, NEXT | WRITE);
    }
  }

  @Override
  void overfill() {
    ring.offer(0, 0, 0, 0);
  }

  @Override
  Runnable scribble(int name, Random random) {
    MemorySegment head = slot(places[name]);
    head.set(JAVA_LONG_UNALIGNED, 0, random.nextLong());
    head.set(JAVA_INT_UNALIGNED, 8, random.nextInt());
    return () -> {}; // an honest driver does not read what it wrote
  }

  @Override
  void scribble(Random random) {
    ring.driverEvents(random.nextInt(0x1_0000), random.nextInt());
    ring.memory().used().set(JAVA_INT_UNALIGNED, 0, random.nextInt());
    if (ring.free() > 0) {
      MemorySegment free = slot(ring.available());
      free.set(JAVA_LONG_UNALIGNED, 0, random.nextLong());
      free.set(JAVA_INT_UNALIGNED, 8, random.nextInt());
      flags(free, MEANINGLESS, 0);
    }
  }
}
