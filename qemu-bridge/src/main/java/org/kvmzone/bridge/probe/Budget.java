package org.kvmzone.bridge.probe;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that the keys of one aggregation may take. Asked for new keys only. */
final class Budget {
  private final AtomicLong left;

  Budget(long cells) {
    left = new AtomicLong(cells);
  }

  /** Takes {@code cells}, if as many are left. */
  boolean take(int cells) {
    // The look before keeps a stream of keys that don't fit from fighting over the line.
    if (left.get() < cells) {
      return false;
    }
    if (left.addAndGet(-cells) < 0) {
      left.addAndGet(cells);
      return false;
    }
    return true;
  }
}
