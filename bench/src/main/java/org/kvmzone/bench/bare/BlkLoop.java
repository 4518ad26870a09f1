package org.kvmzone.bench.bare;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A disk's requests (virtio 1.3 §5.2.6): a header, the data, a status byte, each in descriptors of
 * its own. Reads and writes only.
 */
final class BlkLoop extends Batches {
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final int IN = 0;
  private static final int OUT = 1;
  private static final long NEXT = 1L << 32;

  private final SplitRing ring;
  private final Window headers;
  private final Window buffers;
  private final Disk disk;
  private final boolean isNull;
  private final int[] written = new int[BareRing.BATCH];

  BlkLoop(SplitRing ring, Window headers, Window buffers, Disk disk) {
    super(ring);
    this.ring = ring;
    this.headers = headers;
    this.buffers = buffers;
    this.disk = disk;
    isNull = disk.isNull();
  }

  @Override
  int turn() {
    int count = ring.take(BareRing.BATCH);
    if (count == 0) {
      return 0;
    }
    for (int i = 0; i < count; i++) {
      written[i] = request(ring.address[i], ring.word[i]);
    }
    ring.give(count, written);
    return count;
  }

  private int request(long header, long first) {
    long at = headers.offset(header);
    int type = headers.memory().get(U32, at);
    long position = headers.memory().get(U64, at + 8) * Disk.SECTOR;
    if (type != IN && type != OUT) {
      throw new IllegalStateException("a request of type " + type + ": not served here");
    }
    int moved = 0;
    long word = first;
    while (true) {
      int index = (int) (word >>> 48);
      word = ring.word(index);
      if ((word & NEXT) == 0) {
        finish(ring.address(index));
        return type == IN ? moved + 1 : 1;
      }
      if (!isNull) {
        move(type, position + moved, ring.address(index), (int) word);
      }
      moved += (int) word;
    }
  }

  private void move(int type, long position, long address, int bytes) {
    long at = buffers.offset(address);
    if (type == IN) {
      MemorySegment.copy(disk.memory(), position, buffers.memory(), at, bytes);
    } else {
      MemorySegment.copy(buffers.memory(), at, disk.memory(), position, bytes);
    }
  }

  private void finish(long status) {
    long at = headers.offset(status);
    headers.memory().set(ValueLayout.JAVA_BYTE, at, (byte) 0); // VIRTIO_BLK_S_OK
  }
}
