package org.kvmzone.blk;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.RingMemory;

/** A driver that makes the same reads available again and again, and allocates nothing for it. */
final class RepeatingDriver {
  private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;

  private final MemorySegment available;
  private final RingMemory memory;
  private final int requests;
  private final int size;
  private int index;

  /** As many reads of {@code length} bytes as a ring of {@code size} holds. */
  RepeatingDriver(GuestRam ram, int size, int length) {
    DriverRing ring = new DriverRing(ram, size);
    this.size = size;
    memory = ring.memory();
    available = memory.available();
    requests = size / 3;
    for (int i = 0; i < requests; i++) {
      Piece header = ram.readable(GuestDisk.header(GuestDisk.IN, i));
      ring.descriptor(3 * i, header.address(), 16, DriverRing.NEXT, 3 * i + 1);
      ring.descriptor(
          3 * i + 1,
          ram.writable(length).address(),
          length,
          DriverRing.NEXT | DriverRing.WRITE,
          3 * i + 2);
      ring.descriptor(3 * i + 2, ram.writable(1).address(), 1, DriverRing.WRITE, 0);
    }
  }

  RingMemory memory() {
    return memory;
  }

  /** Makes all of them available, which the device must have given back. */
  void refill() {
    for (int i = 0; i < requests; i++) {
      available.set(U16, 4 + 2L * ((index + i) & (size - 1)), (short) (3 * i));
    }
    index += requests;
    available.set(U16, 2, (short) index);
  }
}
