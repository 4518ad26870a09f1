package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * What a back end leaves to its successor about one split ring: which chains it took and did not
 * give back, and in which order it took them. It lives in memory that the front end keeps when the
 * back end dies (vhost-user, "Inflight I/O tracking"), so it is right after every single store.
 *
 * <pre>
 *  0 features (8)   8 version   10 entries   12 last_batch_head   14 used_idx
 * 16 for each head: inflight (1), 5 unused, next (2), counter (8)
 * </pre>
 *
 * <p>This back end only writes it; it is read once, by the successor, who believes nothing in it.
 */
public final class SplitInflight {
  private static final int VERSION = 1;
  private static final long VERSION_AT = 8;
  private static final long ENTRIES_AT = 10;
  private static final long LAST_BATCH_HEAD_AT = 12;
  private static final long USED_INDEX_AT = 14;
  private static final int HEADER = 16;
  private static final int ENTRY = 16;
  private static final long NEXT = 6;
  private static final long COUNTER = 8;

  private final MemorySegment area;
  private final int size;
  private int lastBatchHead;
  private int[] batch = new int[64]; // heads that were given back and not published
  private int batched;
  private long counter;

  /**
   * The area of a ring with so many entries.
   *
   * @throws IllegalArgumentException if there is no room for so many
   */
  public SplitInflight(MemorySegment area, int size) {
    if (area.byteSize() < HEADER + (long) ENTRY * size) {
      throw new IllegalArgumentException(
          "in-flight area of " + area.byteSize() + " bytes for a ring of " + size);
    }
    this.area = area;
    this.size = size;
  }

  /**
   * Takes the area over from whoever used it before.
   *
   * @param usedIndex of the ring's used area, as it is now
   * @return the heads that were taken and not given back, the oldest first
   * @throws IllegalArgumentException if what the area says cannot be
   */
  int[] recover(int usedIndex) {
    int version = area.get(JAVA_SHORT, VERSION_AT);
    if (version == 0) {
      area.asSlice(0, HEADER + (long) ENTRY * size).fill((byte) 0);
      area.set(JAVA_SHORT, ENTRIES_AT, (short) size);
      area.set(JAVA_SHORT, USED_INDEX_AT, (short) usedIndex);
      VarHandle.releaseFence();
      area.set(JAVA_SHORT, VERSION_AT, (short) VERSION);
      return new int[0];
    }
    if (version != VERSION) {
      throw new IllegalArgumentException("in-flight area of version " + (version & 0xffff));
    }
    finishBatch(usedIndex);
    int[] heads = IntStream.range(0, size).filter(this::isInFlight).toArray();
    // Counters are read once, and compared as they were read.
    long[] counters = Arrays.stream(heads).mapToLong(this::counterOf).toArray();
    counter = Arrays.stream(counters).max().orElse(0) + 1;
    return IntStream.range(0, heads.length)
        .boxed()
        .sorted(Comparator.comparingLong(i -> counters[i]))
        .mapToInt(i -> heads[i])
        .toArray();
  }

  /** The predecessor may have died between raising the used index and clearing its marks. */
  private void finishBatch(int usedIndex) {
    int told = (usedIndex - area.get(JAVA_SHORT, USED_INDEX_AT)) & 0xffff;
    if (told > size) {
      throw new IllegalArgumentException(
          "in-flight area is %d chains behind a ring of %d".formatted(told, size));
    }
    int head = area.get(JAVA_SHORT, LAST_BATCH_HEAD_AT) & 0xffff;
    for (int i = 0; i < told; i++) {
      if (head >= size) {
        throw new IllegalArgumentException(
            "in-flight area has head %d for a ring of %d".formatted(head, size));
      }
      mark(head, false);
      head = area.get(JAVA_SHORT, at(head) + NEXT) & 0xffff;
    }
    area.set(JAVA_SHORT, USED_INDEX_AT, (short) usedIndex);
  }

  private boolean isInFlight(int head) {
    return area.get(JAVA_BYTE, at(head)) != 0;
  }

  private long counterOf(int head) {
    return area.get(JAVA_LONG, at(head) + COUNTER);
  }

  /** A chain is taken. */
  void take(int head) {
    area.set(JAVA_LONG, at(head) + COUNTER, counter++);
    VarHandle.releaseFence();
    mark(head, true);
  }

  /** A chain is available again. */
  void undo(int head) {
    mark(head, false);
  }

  /** A chain is about to be given back with the next batch. */
  void finish(int head) {
    area.set(JAVA_SHORT, at(head) + NEXT, (short) lastBatchHead);
    lastBatchHead = head;
    if (batched == batch.length) {
      batch = Arrays.copyOf(batch, batched * 2);
    }
    batch[batched++] = head;
  }

  /** The batch is complete: to be called before the driver sees it. */
  void beforePublish() {
    area.set(JAVA_SHORT, LAST_BATCH_HEAD_AT, (short) lastBatchHead);
  }

  /** The driver sees the batch. */
  void published(int usedIndex) {
    VarHandle.releaseFence();
    for (int i = 0; i < batched; i++) {
      mark(batch[i], false);
    }
    batched = 0;
    VarHandle.releaseFence();
    area.set(JAVA_SHORT, USED_INDEX_AT, (short) usedIndex);
    VarHandle.releaseFence(); // no store of the next batch comes before these
  }

  private void mark(int head, boolean inFlight) {
    area.set(JAVA_BYTE, at(head), (byte) (inFlight ? 1 : 0));
  }

  private static long at(int head) {
    return HEADER + (long) ENTRY * head;
  }
}
