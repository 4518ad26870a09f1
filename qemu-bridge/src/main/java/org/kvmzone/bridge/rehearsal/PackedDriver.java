package org.kvmzone.bridge.rehearsal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.kvmzone.bridge.rehearsal.Rehearsal.Piece;
import org.kvmzone.bridge.virtqueue.RingMemory;

/**
 * The driver's side of a packed ring (virtio 1.3 §2.8). A chain's id is its number, and chains are
 * as long as each other, so each begins at a multiple of that length.
 */
final class PackedDriver implements DriverSide {
  private static final ValueLayout.OfShort LE16 = JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 = JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle FLAGS = LE16.varHandle();
  private static final int EVENTS_DISABLE = 1 << 16;
  private static final int NEXT = 1;
  private static final int WRITE = 2;
  private static final int AVAIL = 1 << 7;
  private static final int USED = 1 << 15;

  private final MemorySegment ring;
  private final Piece[] chain;
  private final long[] pieces;
  private final short[] free; // ids of chains that are the driver's
  private int freeCount;
  private int slot; // where the next descriptor is written
  private boolean wrap = true;
  private int usedSlot; // where the next used one is expected
  private boolean usedWrap = true;

  PackedDriver(RingMemory areas, Piece[] chain, long[] pieces) {
    ring = areas.descriptors();
    this.chain = chain.clone();
    this.pieces = pieces;
    free = new short[pieces.length / chain.length];
    while (freeCount < free.length) {
      free[freeCount] = (short) freeCount;
      freeCount++;
    }
    areas.available().set(LE32, 0, EVENTS_DISABLE);
  }

  @Override
  public int chains() {
    return free.length;
  }

  @Override
  public void offer(int most) {
    takeBack();
    for (int left = most; left > 0 && freeCount > 0; left--) {
      add(free[--freeCount]);
    }
  }

  private void add(short id) {
    long first = 16L * slot;
    int firstFlags = 0;
    for (int i = 0; i < chain.length; i++) {
      long at = 16L * slot;
      int flags =
          (i == chain.length - 1 ? 0 : NEXT)
              | (chain[i].writable() ? WRITE : 0)
              | (wrap ? AVAIL : USED);
      ring.set(LE64, at, pieces[id * chain.length + i]);
      ring.set(LE32, at + 8, chain[i].bytes());
      ring.set(LE16, at + 12, id);
      if (i == 0) {
        firstFlags = flags;
      } else {
        ring.set(LE16, at + 14, (short) flags);
      }
      slot++;
      if (slot == Rehearsal.SIZE) {
        slot = 0;
        wrap = !wrap;
      }
    }
    FLAGS.setRelease(ring, first + 14, (short) firstFlags);
  }

  private void takeBack() {
    while (freeCount < free.length) {
      int flags = (short) FLAGS.getAcquire(ring, 16L * usedSlot + 14);
      boolean avail = (flags & AVAIL) != 0;
      boolean used = (flags & USED) != 0;
      if (avail != used || used != usedWrap) {
        return;
      }
      free[freeCount++] = ring.get(LE16, 16L * usedSlot + 12);
      usedSlot += chain.length;
      if (usedSlot >= Rehearsal.SIZE) {
        usedSlot -= Rehearsal.SIZE;
        usedWrap = !usedWrap;
      }
    }
  }

  @Override
  public int outstanding() {
    takeBack();
    return free.length - freeCount;
  }
}
