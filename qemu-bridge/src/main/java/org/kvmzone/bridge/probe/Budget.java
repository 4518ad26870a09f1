package org.kvmzone.bridge.probe;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that the keys of one aggregation may take. Asked for new keys only. */
final class Budget {
  private final AtomicLong left;

  Budget(long longs) {
    left = new AtomicLong(longs);
  }

  /** Takes memory for so many longs, if there is as much left. */
  boolean take(int longs) {
    // The look before keeps a stream of keys that don't fit from fighting over the line.
    if (left.get() < longs) {
      return false;
    }
    if (left.addAndGet(-longs) < 0) {
      left.addAndGet(longs);
      return false;
    }
    return true;
  }
}
