package org.kvmzone.net;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import org.kvmzone.antispoof.Verdict;

/**
 * Counts the frames that a VNIC drops, each by its reason, fires {@code vnic:drop}, and has them
 * recorded if somebody captures. Any thread may: a sender drops what a receiver has no room for. A
 * drop is not the path to be fast on.
 */
@SuppressWarnings("EnumOrdinal") // indices into memory that dies with this object
final class Drops {
  private final String vnic;
  private final CapturePoint point = new CapturePoint();
  private final AtomicLongArray drops = new AtomicLongArray(Drop.values().length);
  private final AtomicLongArray verdicts = new AtomicLongArray(Verdict.values().length);

  /** No drops yet of the VNIC of that name. */
  Drops(String vnic) {
    this.vnic = vnic;
  }

  /** A frame of {@code length} bytes is dropped. */
  void count(Drop reason, long length) {
    drops.getAndIncrement(reason.ordinal());
    NetProbes.DROP.fire(vnic, reason.reason(), length);
  }

  /** A frame of a batch that is for the guest is dropped. */
  void countIn(Drop reason, FrameBatch batch, int frame) {
    count(reason, batch.length(frame));
    FrameCapture capture = point.current();
    if (capture != null) {
      capture.in(System.nanoTime(), -1, reason, batch, frame);
    }
  }

  /** A frame of a batch that the guest sent is dropped. */
  void countOut(Drop reason, FrameBatch batch, int frame) {
    count(reason, batch.length(frame));
    FrameCapture capture = point.current();
    if (!batch.lose(frame, reason) && capture != null) {
      capture.out(System.nanoTime(), -1, reason, batch, frame);
    }
  }

  /** Where frames are captured, those that pass too. */
  CapturePoint capturePoint() {
    return point;
  }

  /** Link protection lets a frame of {@code length} bytes not pass. */
  void count(Verdict reason, long length) {
    verdicts.getAndIncrement(reason.ordinal());
    NetProbes.DROP.fire(vnic, reason.reason(), length);
  }

  /** How many were dropped for a reason. */
  long of(Drop reason) {
    return drops.get(reason.ordinal());
  }

  /** Adds all counters up by name. */
  void addTo(Map<String, Long> sums) {
    for (Verdict verdict : Verdict.values()) {
      long count = verdicts.get(verdict.ordinal());
      verdict.counter().ifPresent(kstat -> sums.merge(kstat, count, Long::sum));
    }
    for (Drop drop : Drop.values()) {
      sums.merge(drop.kstat(), of(drop), Long::sum);
    }
  }
}
