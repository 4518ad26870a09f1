package org.kvmzone.bridge.testing;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what another thread is about to do. */
public final class Await {
  private static final long LIMIT = TimeUnit.SECONDS.toNanos(20);
  private static final int LOOKS_BEFORE_A_NAP = 100;

  private Await() {}

  /** Returns when {@code condition} holds; an error that names it if it takes 20 seconds. */
  public static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT;
    for (int looks = 0; !condition.getAsBoolean(); looks++) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("within 20 s: " + what);
      }
      if (looks < LOOKS_BEFORE_A_NAP) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(20_000);
      }
    }
  }
}
