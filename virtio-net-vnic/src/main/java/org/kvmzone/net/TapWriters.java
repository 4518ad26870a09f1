package org.kvmzone.net;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writers to one descriptor for threads that nobody knows beforehand: each takes one for a batch
 * and puts it back. There are never more than threads that write at the same time.
 */
final class TapWriters {
  /** The most that are kept; a power of two. */
  private static final int MOST = 64;

  private final AtomicReferenceArray<@Nullable TapWriter> idle = new AtomicReferenceArray<>(MOST);
  private final Supplier<TapWriter> maker;

  /**
   * No writers yet.
   *
   * @param maker makes one more
   */
  TapWriters(Supplier<TapWriter> maker) {
    this.maker = maker;
  }

  /** See {@link TapWriter#sendEach}. */
  long sendEach(FrameBatch batch, long frames) {
    int first = (int) Thread.currentThread().threadId();
    TapWriter writer = take(first);
    try {
      return writer.sendEach(batch, frames);
    } finally {
      put(first, writer);
    }
  }

  private TapWriter take(int first) {
    for (int i = 0; i < MOST; i++) {
      TapWriter writer = idle.getAndSet((first + i) & (MOST - 1), null);
      if (writer != null) {
        return writer;
      }
    }
    return maker.get(); // of a thread's first batch, or of one too many at the same time
  }

  private void put(int first, TapWriter writer) {
    for (int i = 0; i < MOST; i++) {
      if (idle.compareAndSet((first + i) & (MOST - 1), null, writer)) {
        return;
      }
    }
  }
}
