package org.kvmzone.net;

import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.device.Bucket;

/**
 * What all queues of a VNIC may let pass together in one direction. They take bytes in the order in
 * which they ask, so that none of them starves; what each has taken, its {@link Pace} knows.
 */
final class Cap {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /**
   * What flows in while a thread is late, and must not be lost: a fiftieth of a second, by which a
   * VNIC's first second is longer if it was idle.
   */
  private static final long SLACK = SECOND / 50;

  /** How much of a second is asked for at once, at most: else one queue would hold up others. */
  private static final long PORTION = 1000;

  /** How much of a second may wait for a guest, of frames whose sender cannot wait. */
  private static final long QUEUED = 10;

  private static final long FULL_FRAME = 1514;
  private static final long LEAST_QUEUED = 16;

  final Bucket bucket;
  final long portion;
  private final long queued;

  /** A cap that nothing has been taken from. */
  Cap(Bandwidth bandwidth, long now) {
    long perSecond = bandwidth.bytesPerSecond();
    bucket = new Bucket(perSecond, SLACK, now);
    portion = perSecond / PORTION;
    queued = Math.max(LEAST_QUEUED, perSecond / QUEUED / FULL_FRAME);
  }

  /** Whether one more frame may wait beside so many. */
  boolean mayQueue(long frames) {
    return frames < queued;
  }
}
