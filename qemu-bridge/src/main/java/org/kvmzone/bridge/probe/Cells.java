package org.kvmzone.bridge.probe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Numbers that one thread writes and any thread reads. Opaque access is what that needs: every read
 * sees some value that was written, whole, and sees it soon; on the writer's side it costs what a
 * plain access costs.
 */
final class Cells {
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

  private Cells() {}

  static void add(long[] cells, int index, long amount) {
    LONGS.setOpaque(cells, index, (long) LONGS.getOpaque(cells, index) + amount);
  }

  static void set(long[] cells, int index, long value) {
    LONGS.setOpaque(cells, index, value);
  }

  static long read(long[] cells, int index) {
    return (long) LONGS.getOpaque(cells, index);
  }

  static long[] copy(long[] cells) {
    long[] copy = new long[cells.length];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = read(cells, i);
    }
    return copy;
  }
}
