package org.kvmzone.blk;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Requests of one queue whose time has not come. Reads and writes wait in lines of their own, so
 * that what is limited apart does not hold up the other. Used by the ring's owner.
 *
 * <p>Only the first of a line has taken its tokens, the next does when that goes: so a full ring is
 * no larger a share of a group than a single request, and nobody waits for all of another's.
 */
final class WaitingLine {
  private final ArrayDeque<BlockRequest> reads = new ArrayDeque<>();
  private final ArrayDeque<BlockRequest> writes = new ArrayDeque<>();

  /** Whether nothing waits. */
  boolean isEmpty() {
    return reads.isEmpty() && writes.isEmpty();
  }

  /** Whether others wait, in the line that would be this one's. */
  boolean isBefore(BlockRequest request) {
    return !lineOf(request).isEmpty();
  }

  /** A request waits: until it is {@linkplain BlockRequest#due due}, if it is the first. */
  void add(BlockRequest request) {
    lineOf(request).add(request);
  }

  private ArrayDeque<BlockRequest> lineOf(BlockRequest request) {
    return request.changes() ? writes : reads;
  }

  /** The nanoseconds until the first is due: 0 if one is, {@link Long#MAX_VALUE} if none waits. */
  long nanos(long now) {
    return Math.min(nanos(reads, now), nanos(writes, now));
  }

  private static long nanos(Queue<BlockRequest> line, long now) {
    BlockRequest first = line.peek();
    return first == null ? Long.MAX_VALUE : Math.max(0, first.due() - now);
  }

  /**
   * Takes a request that is due; null if there is none.
   *
   * @param meter what the one behind it takes its tokens from, if anything
   */
  @Nullable BlockRequest takeDue(@Nullable Meter meter, long now) {
    if (nanos(reads, now) == 0) {
      return takeFirst(reads, meter);
    }
    return nanos(writes, now) == 0 ? takeFirst(writes, meter) : null;
  }

  /** Takes any request, due or not, likewise; null if there is none. */
  @Nullable BlockRequest takeFirst(@Nullable Meter meter) {
    return takeFirst(reads.isEmpty() ? writes : reads, meter);
  }

  private static @Nullable BlockRequest takeFirst(Queue<BlockRequest> line, @Nullable Meter meter) {
    BlockRequest first = line.poll();
    if (first != null) {
      // As of when that was due, not of now: nothing is lost if the thread is late.
      charge(line.peek(), meter, first.due());
    }
    return first;
  }

  private static void charge(@Nullable BlockRequest first, @Nullable Meter meter, long now) {
    if (first != null && meter != null) {
      first.charge(meter, now);
    } else if (first != null) {
      first.due(now);
    }
  }

  /** Takes the request of this number, if it is one that waits and came last; else null. */
  @Nullable BlockRequest takeLast(long id) {
    BlockRequest read = reads.peekLast();
    if (read != null && read.id() == id) {
      return reads.pollLast();
    }
    BlockRequest write = writes.peekLast();
    return write != null && write.id() == id ? writes.pollLast() : null;
  }

  /** Has all that wait do so for another meter, or for none. */
  void charge(@Nullable Meter meter, long now) {
    charge(reads.peek(), meter, now);
    charge(writes.peek(), meter, now);
  }
}
