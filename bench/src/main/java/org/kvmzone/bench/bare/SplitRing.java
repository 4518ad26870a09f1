package org.kvmzone.bench.bare;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.kvmzone.bridge.virtqueue.RingMemory;

/**
 * A split ring (virtio 1.3 §2.7).
 *
 * <p>With IN_ORDER the heads follow one another in the table (§2.7.9), so that only the first of a
 * batch is read from the available ring, and buffers that were only read are given back by one used
 * element, that of the last.
 */
final class SplitRing extends BareRing {
  private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;
  private static final VarHandle INDEX = U16.varHandle();

  private final MemorySegment descriptors;
  private final MemorySegment available;
  private final MemorySegment used;
  private final int mask;
  private final boolean inOrder;
  private final int[] head = new int[BATCH];
  private int next;
  private long flags;

  SplitRing(RingMemory memory, int base, boolean inOrder, int call) {
    super(call);
    descriptors = memory.descriptors();
    available = memory.available();
    used = memory.used();
    mask = (int) (descriptors.byteSize() / 16) - 1;
    next = base;
    this.inOrder = inOrder;
    used.set(U16, 0, (short) 1); // VIRTQ_USED_F_NO_NOTIFY: we look anyway
  }

  @Override
  int read(int max) {
    // Acquire: what the driver wrote before the index is read after it (§2.7.13.3).
    int ready = ((short) INDEX.getAcquire(available, 2L) - next) & 0xffff;
    int count = Math.min(ready, max);
    if (count > 0) {
      readHeads(count);
      readDescriptors(count);
    }
    return count;
  }

  private void readHeads(int count) {
    if (inOrder) {
      int first = available.get(U16, 4 + 2L * (next & mask));
      for (int i = 0; i < count; i++) {
        head[i] = (first + i) & mask;
      }
    } else {
      for (int i = 0; i < count; i++) {
        head[i] = available.get(U16, 4 + 2L * ((next + i) & mask)) & mask;
      }
    }
  }

  private void readDescriptors(int count) {
    long all = 0;
    for (int i = 0; i < count; i++) {
      long at = 16L * head[i];
      address[i] = descriptors.get(U64, at);
      long rest = descriptors.get(U64, at + 8);
      word[i] = rest;
      all |= rest;
    }
    flags = all;
  }

  /** The guest address in descriptor {@code index} of the table. */
  long address(int index) {
    return descriptors.get(U64, 16L * (index & mask));
  }

  /** Length, flags from bit 32, next from bit 48 of descriptor {@code index} of the table. */
  long word(int index) {
    return descriptors.get(U64, 16L * (index & mask) + 8);
  }

  @Override
  boolean chained() {
    return ((flags >>> 32) & 1) != 0;
  }

  @Override
  void writeRead(int count) {
    if (inOrder) {
      used.set(U64, 4 + 8L * ((next + count - 1) & mask), head[count - 1]);
    } else {
      for (int i = 0; i < count; i++) {
        used.set(U64, 4 + 8L * ((next + i) & mask), head[i]);
      }
    }
    publish(count);
  }

  @Override
  void writeWritten(int count, int[] written) {
    for (int i = 0; i < count; i++) {
      used.set(U64, 4 + 8L * ((next + i) & mask), head[i] | ((long) written[i] << 32));
    }
    publish(count);
  }

  private void publish(int count) {
    next = (next + count) & 0xffff;
    INDEX.setRelease(used, 2L, (short) next); // after the elements (§2.7.8.2)
  }

  @Override
  boolean interruptWanted() {
    return (available.get(U16, 0) & 1) == 0;
  }

  @Override
  int base() {
    return next;
  }
}
