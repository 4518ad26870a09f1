package org.kvmzone.net;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets one thread at a time to memory that may be taken away: who shuts it waits until nobody is
 * inside, and nobody gets in again.
 */
final class Gate {
  private static final long PAUSE_NANOS = 20_000;
  private static final int OPEN = 0;
  private static final int TAKEN = 1;
  private static final int SHUT = 2;

  private final AtomicInteger state = new AtomicInteger(OPEN);

  /** Whether the calling thread is inside now; then it leaves. */
  boolean enter() {
    return state.compareAndSet(OPEN, TAKEN);
  }

  /** Whether nobody gets in any more. */
  boolean isShut() {
    return state.get() == SHUT;
  }

  /** The thread that is inside is not any more. */
  void leave() {
    state.set(OPEN);
  }

  /** Lets nobody in from now on; waits for who is inside, a turn at most. */
  void shut() {
    while (state.get() != SHUT && !state.compareAndSet(OPEN, SHUT)) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
