package org.kvmzone.blk;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.kvmzone.blk.Limits.Measure;
import org.kvmzone.blk.Limits.Rate;
import org.kvmzone.bridge.device.Bucket;

/**
 * The buckets that limits are made of, and from which a request takes its tokens. One of {@code
 * …-total} is used by reads and writes alike. Safe for several threads.
 */
final class Meter {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /**
   * What flows in while a thread is late, and must not be lost: a hundredth of a second, by which
   * an idle disk's first second may be longer.
   */
  private static final long SLACK = SECOND / 100;

  private final Bucket[] readRequests;
  private final Bucket[] readBytes;
  private final Bucket[] writeRequests;
  private final Bucket[] writeBytes;

  /** Full buckets. */
  Meter(Limits limits, long now) {
    Map<Measure, List<Bucket>> made = new HashMap<>();
    limits.rates().forEach((measure, rate) -> made.put(measure, buckets(rate, now)));
    readRequests = select(made, false, false);
    readBytes = select(made, false, true);
    writeRequests = select(made, true, false);
    writeBytes = select(made, true, true);
  }

  /** Two for what may come in bursts: one that holds a burst, and one that keeps it to its rate. */
  private static List<Bucket> buckets(Rate rate, long now) {
    long perSecond = rate.perSecond();
    if (rate.burst() == 0) {
      return List.of(new Bucket(perSecond, SLACK, now));
    }
    double ahead = (double) (rate.burst() - perSecond) * rate.seconds() / perSecond;
    long burst = (long) Math.min(ahead * SECOND, (double) Bucket.HORIZON);
    return List.of(new Bucket(perSecond, SLACK + burst, now), new Bucket(rate.burst(), SLACK, now));
  }

  private static Bucket[] select(Map<Measure, List<Bucket>> made, boolean write, boolean bytes) {
    List<Bucket> selected = new ArrayList<>();
    made.forEach((measure, buckets) -> {
      if (measure.counts(write) && measure.isOfBytes() == bytes) {
        selected.addAll(buckets);
      }
    });
    return selected.toArray(Bucket[]::new);
  }

  /**
   * Takes what a request needs.
   *
   * @return when it may go; not later than {@code now} if at once
   */
  long take(boolean write, long requests, long bytes, long now) {
    long due = now;
    for (Bucket bucket : write ? writeRequests : readRequests) {
      due = later(due, bucket.take(requests, now));
    }
    for (Bucket bucket : write ? writeBytes : readBytes) {
      due = later(due, bucket.take(bytes, now));
    }
    return due;
  }

  private static long later(long one, long other) {
    return other - one > 0 ? other : one;
  }

  /** Gives back what a request took that waits, and now does not go. */
  void giveBack(boolean write, long requests, long bytes) {
    for (Bucket bucket : write ? writeRequests : readRequests) {
      bucket.giveBack(requests);
    }
    for (Bucket bucket : write ? writeBytes : readBytes) {
      bucket.giveBack(bytes);
    }
  }
}
