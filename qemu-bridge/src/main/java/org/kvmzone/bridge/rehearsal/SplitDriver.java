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

/** The driver's side of a split ring (virtio 1.3 §2.7), whose descriptors never change. */
final class SplitDriver implements DriverSide {
  private static final ValueLayout.OfShort LE16 = JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 = JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INDEX = LE16.varHandle();
  private static final long IDX = 2;
  private static final long RING = 4;
  private static final short NO_INTERRUPT = 1;
  private static final int NEXT = 1;
  private static final int WRITE = 2;

  private final MemorySegment available;
  private final MemorySegment used;
  private final short[] free; // heads of chains that are the driver's
  private int freeCount;
  private int availableIndex;
  private int usedIndex;

  SplitDriver(RingMemory areas, Piece[] chain, long[] pieces) {
    available = areas.available();
    used = areas.used();
    free = new short[pieces.length / chain.length];
    for (int i = 0; i < pieces.length; i++) {
      Piece piece = chain[i % chain.length];
      boolean last = i % chain.length == chain.length - 1;
      if (i % chain.length == 0) {
        free[freeCount++] = (short) i;
      }
      int flags = (last ? 0 : NEXT) | (piece.writable() ? WRITE : 0);
      areas.descriptors().set(LE64, 16L * i, pieces[i]);
      areas.descriptors().set(LE32, 16L * i + 8, piece.bytes());
      areas.descriptors().set(LE16, 16L * i + 12, (short) flags);
      areas.descriptors().set(LE16, 16L * i + 14, (short) (i + 1));
    }
    available.set(LE16, 0, NO_INTERRUPT);
  }

  @Override
  public int chains() {
    return free.length;
  }

  @Override
  public void offer(int most) {
    takeBack();
    for (int left = most; left > 0 && freeCount > 0; left--) {
      available.set(LE16, RING + 2L * (availableIndex % Rehearsal.SIZE), free[--freeCount]);
      availableIndex = (availableIndex + 1) & 0xffff;
    }
    INDEX.setRelease(available, IDX, (short) availableIndex);
  }

  private void takeBack() {
    int index = (short) INDEX.getAcquire(used, IDX) & 0xffff;
    while (usedIndex != index) {
      free[freeCount++] = used.get(LE16, RING + 8L * (usedIndex % Rehearsal.SIZE));
      usedIndex = (usedIndex + 1) & 0xffff;
    }
  }

  @Override
  public int outstanding() {
    takeBack();
    return free.length - freeCount;
  }
}
