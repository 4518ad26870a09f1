package org.kvmzone.net;

import java.util.concurrent.TimeUnit;

/**
 * How much of a thread's time recording a NIC may take, on all of the queues that the thread
 * serves: a quarter of it for all NICs that are recorded, so that a guest is not slowed down to
 * less than half its speed, however fast it sends; the rest is for what recording does to the
 * processor's caches. What is over that is missed.
 */
final class CaptureBudget {
  /** So much may be taken at once, nanoseconds. */
  private static final long BURST = TimeUnit.MILLISECONDS.toNanos(20);

  /** No batch takes longer, nor its recording; if it seems so, the thread was not running. */
  private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(1);

  private static final int SHARE = 4; // one part in so many

  private long credit = BURST;
  private long last;
  private boolean begun;

  /**
   * Whether there is time to record a batch; {@link #spend} says afterwards how long it took.
   *
   * @param now of {@link System#nanoTime}
   */
  boolean allows(long now) {
    if (begun) {
      long share = (long) SHARE * Math.max(1, CapturePoint.running());
      credit = Math.min(BURST, credit + Math.clamp(now - last, 0, LONGEST) / share);
    }
    begun = true;
    last = now;
    return credit > 0;
  }

  /** A batch was recorded from one time to another. */
  void spend(long from, long to) {
    credit = Math.max(-BURST, credit - Math.min(LONGEST, to - from));
  }
}
