package org.kvmzone.blk;

import org.jspecify.annotations.Nullable;

/**
 * Holds the requests of one queue to its disk's limits. A request whose time has not come waits
 * here, and while it does nothing is taken from the ring behind it: so what waits can always go
 * back to the ring as if it had never been taken, and a guest that resets its disk gains nothing.
 * Used by the ring's owner.
 *
 * <p>Only what was taken from the ring has taken tokens: a full ring is no larger a share of a
 * group than a single request, and nobody waits for all of another's.
 */
final class Throttle {
  private final Limiter limiter;
  private @Nullable Meter meter; // that what waits has taken from
  private @Nullable BlockRequest waiting;
  private boolean following; // what is taken now has stood behind one that waited
  private long due; // of the one before it

  /** Of a queue whose disk is held to these limits. */
  Throttle(Limiter limiter) {
    this.limiter = limiter;
  }

  /** Whether a request waits. */
  boolean isHolding() {
    return waiting != null;
  }

  /**
   * A turn begins: what waits does so by other limits if they have changed; or, without any, no
   * longer.
   */
  void beginTurn() {
    following = false;
    Meter now = limiter.meter();
    if (meter == now) {
      return;
    }
    meter = now;
    BlockRequest request = waiting;
    if (request != null && now != null) {
      request.charge(now, System.nanoTime());
    } else if (request != null) {
      request.due(System.nanoTime());
    }
  }

  /** Whether a request may go now; if not, it waits here. None does already. */
  boolean admits(BlockRequest request) {
    Meter limits = meter;
    if (limits == null || request.type() == BlockRequest.Type.FLUSH) {
      return true;
    }
    long now = System.nanoTime();
    // Behind one that waited: as of when that was due, so that nothing is lost if we are late.
    request.charge(limits, following ? due : now);
    due = request.due();
    if (due - now <= 0) {
      return true;
    }
    waiting = request;
    return false;
  }

  /** Takes what waits if its time has come; null if nothing does, or not yet. */
  @Nullable BlockRequest takeDue() {
    BlockRequest request = waiting;
    if (request == null || request.due() - System.nanoTime() > 0) {
      return null;
    }
    waiting = null;
    following = true;
    due = request.due();
    return request;
  }

  /** Takes what waits, which does not go: what it has taken from the limits is given back. */
  @Nullable BlockRequest takeBack() {
    BlockRequest request = waiting;
    waiting = null;
    if (request != null && meter != null) {
      request.discharge(meter);
    }
    return request;
  }

  /**
   * How many nanoseconds what waits will go on waiting: 0 if its time has come or its limits have
   * changed, {@link Long#MAX_VALUE} if nothing waits.
   */
  long nanos() {
    BlockRequest request = waiting;
    if (request == null) {
      return Long.MAX_VALUE;
    }
    return meter == limiter.meter() ? Math.max(0, request.due() - System.nanoTime()) : 0;
  }
}
