package org.kvmzone.blk;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Requests of one queue that failed, and whose guest is being stopped for that. They are not
 * answered: when the rings stop, they are left to the queue that comes after, when the guest goes
 * on. Used by the ring's owner.
 */
final class FailedRequests {
  /** QEMU forgets that it was asked when an operator says {@code cont} at this moment. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(1);

  private final ErrorPolicy policy;
  private final ArrayDeque<BlockRequest> requests = new ArrayDeque<>();
  private boolean asked;
  private long askedAt;

  /** Of a queue whose disk has this policy. */
  FailedRequests(ErrorPolicy policy) {
    this.policy = policy;
  }

  boolean isEmpty() {
    return requests.isEmpty();
  }

  /** Keeps a request. */
  void add(BlockRequest request) {
    requests.add(request);
  }

  /** Has the guest stopped, unless that was asked for a moment ago. */
  void stopGuest() {
    if (nanos() == 0) {
      asked = true;
      askedAt = System.nanoTime();
      policy.stopGuest();
    }
  }

  /** Nanoseconds until it is time to ask, 0 if now; {@link Long#MAX_VALUE} if for nothing. */
  long nanos() {
    if (requests.isEmpty()) {
      return Long.MAX_VALUE;
    }
    return asked ? Math.max(0, askedAt + PATIENCE - System.nanoTime()) : 0;
  }

  /** Takes a request out; null if there is none. */
  @Nullable BlockRequest take() {
    return requests.poll();
  }
}
