package org.kvmzone.bench.bare;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.kvmzone.bridge.virtqueue.RingMemory;

/**
 * A packed ring (virtio 1.3 §2.8). Length, id and flags of a descriptor are one word, read and
 * written at once.
 *
 * <p>A batch shows when its first descriptor does, which is written last; with IN_ORDER buffers
 * that were only read are given back by one descriptor, with the last one's id (§2.8.7).
 */
final class PackedRing extends BareRing {
  private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();
  private static final long WRITE = 1L << 49;
  private static final long AVAIL = 1L << 55;
  private static final long USED = 1L << 63;
  private static final long ID = 0xffffL << 32;

  private final MemorySegment descriptors;
  private final MemorySegment driver;
  private final int size;
  private final boolean inOrder;
  private int next;
  private boolean wrap;
  private long flags;

  PackedRing(RingMemory memory, int base, boolean inOrder, int call) {
    super(call);
    descriptors = memory.descriptors();
    driver = memory.available();
    size = (int) (descriptors.byteSize() / 16);
    next = base & 0x7fff;
    wrap = (base & 0x8000) != 0;
    this.inOrder = inOrder;
    memory.used().set(ValueLayout.JAVA_INT, 0, 1 << 16); // RING_EVENT_FLAGS_DISABLE: no kicks
  }

  @Override
  int read(int max) {
    // Not across the ring's end: there the marks change.
    int most = Math.min(max, size - next);
    long available = wrap ? AVAIL : USED;
    long all = 0;
    int count = 0;
    while (count < most) {
      long at = 16L * (next + count);
      // Acquire: the rest of a descriptor is read after its flags (§2.8.22).
      long rest = (long) WORD.getAcquire(descriptors, at + 8);
      if ((rest & (AVAIL | USED)) != available) {
        break;
      }
      address[count] = descriptors.get(U64, at);
      word[count] = rest;
      all |= rest;
      count++;
    }
    flags = all;
    return count;
  }

  @Override
  boolean chained() {
    return ((flags >>> 48) & 1) != 0;
  }

  @Override
  void writeRead(int count) {
    long marks = wrap ? AVAIL | USED : 0;
    if (inOrder) {
      WORD.setRelease(descriptors, 16L * next + 8, (word[count - 1] & ID) | marks);
    } else {
      for (int i = 1; i < count; i++) {
        descriptors.set(U64, 16L * (next + i) + 8, (word[i] & ID) | marks);
      }
      WORD.setRelease(descriptors, 16L * next + 8, (word[0] & ID) | marks);
    }
    advance(count);
  }

  @Override
  void writeWritten(int count, int[] written) {
    long marks = (wrap ? AVAIL | USED : 0) | WRITE;
    for (int i = 1; i < count; i++) {
      descriptors.set(U64, 16L * (next + i) + 8, (word[i] & ID) | marks | written[i]);
    }
    WORD.setRelease(descriptors, 16L * next + 8, (word[0] & ID) | marks | written[0]);
    advance(count);
  }

  private void advance(int count) {
    next += count;
    if (next == size) {
      next = 0;
      wrap = !wrap;
    }
  }

  @Override
  boolean interruptWanted() {
    return ((driver.get(ValueLayout.JAVA_INT, 0) >>> 16) & 3) != 1; // RING_EVENT_FLAGS_DISABLE
  }

  @Override
  int base() {
    int place = next | (wrap ? 0x8000 : 0);
    return place | (place << 16);
  }
}
