package org.kvmzone.net;

import org.jspecify.annotations.Nullable;

/**
 * How one queue keeps to a {@link Cap}: it asks for as many bytes as the frames at hand have, waits
 * until they are its own, and pays with them. What it has paid for and not used it keeps for the
 * next frames. Of the ring's owner.
 */
final class Pace {
  private @Nullable Cap cap;
  private long credit; // bytes that may pass now
  private long promised; // bytes that may pass from then on
  private long due;

  /** Whether there is a cap, or was one when a turn began last. */
  boolean isOn() {
    return cap != null;
  }

  /** Whether another cap holds than the one that what waits was told by. */
  @SuppressWarnings("ReferenceEquality") // this one, not one like it
  boolean isStale(@Nullable Cap current) {
    return cap != current;
  }

  /** Keeps to this cap from now on; what was taken from another goes back. */
  void use(@Nullable Cap current) {
    if (cap != null) {
      cap.bucket.giveBack(credit + promised);
    }
    cap = current;
    credit = 0;
    promised = 0;
  }

  /** Whether anything was asked for that had not come when it was looked for last. */
  boolean isWaiting() {
    return promised != 0;
  }

  /** How long that which {@link #isWaiting} has to wait; 0 or less if it need not any more. */
  long nanos(long now) {
    return due - now;
  }

  /** Whether nothing may pass yet. */
  boolean mustWait(long now) {
    return isWaiting() && nanos(now) > 0;
  }

  /**
   * How many frames of a batch may pass, from the first on; they are paid for with {@link #spend}.
   */
  int admit(FrameBatch batch, long now) {
    return Long.bitCount(admit(batch, batch.all(), now));
  }

  /** Which frames of some may pass, from the first on. */
  long admit(FrameBatch batch, long frames, long now) {
    long wanted = batch.bytes(frames);
    if (frames == 0 || mayAllPass(batch.length(Long.numberOfTrailingZeros(frames)), wanted, now)) {
      return frames;
    }
    long need = 0;
    for (long left = frames; left != 0; left &= left - 1) {
      need += batch.length(Long.numberOfTrailingZeros(left));
      if (!covers(need, wanted, now)) {
        return frames & (Long.lowestOneBit(left) - 1);
      }
    }
    return frames;
  }

  /**
   * Whether so many bytes may pass.
   *
   * @param wanted how many would, if they might: as many are asked for, within the cap's portion
   */
  boolean covers(long need, long wanted, long now) {
    collect(now);
    if (need <= credit || cap == null) {
      return true;
    }
    if (promised != 0) {
      return false;
    }
    promised = Math.max(need, Math.min(wanted, cap.portion)) - credit;
    due = cap.bucket.take(promised, now);
    collect(now);
    return need <= credit;
  }

  /** Nearly always, if there is a cap that is not reached. */
  private boolean mayAllPass(long first, long wanted, long now) {
    return covers(first, wanted, now) && wanted <= credit;
  }

  private void collect(long now) {
    if (promised != 0 && due - now <= 0) {
      credit += promised;
      promised = 0;
    }
  }

  /** So many bytes have passed. */
  void spend(long bytes) {
    credit -= bytes;
  }
}
