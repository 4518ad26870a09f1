package org.kvmzone.blk;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Requests of one queue whose time has not come. Reads and writes wait in lines of their own, so
 * that what is limited apart does not hold up the other. Used by the ring's owner.
 */
final class WaitingLine {
  private final ArrayDeque<BlockRequest> reads = new ArrayDeque<>();
  private final ArrayDeque<BlockRequest> writes = new ArrayDeque<>();

  /** Whether nothing waits. */
  boolean isEmpty() {
    return reads.isEmpty() && writes.isEmpty();
  }

  /** A request waits until it is {@linkplain BlockRequest#due due}. */
  void add(BlockRequest request) {
    (request.changes() ? writes : reads).add(request);
  }

  /** The nanoseconds until the first is due: 0 if one is, {@link Long#MAX_VALUE} if none waits. */
  long nanos(long now) {
    return Math.min(nanos(reads, now), nanos(writes, now));
  }

  private static long nanos(Queue<BlockRequest> line, long now) {
    BlockRequest first = line.peek();
    return first == null ? Long.MAX_VALUE : Math.max(0, first.due() - now);
  }

  /** Takes a request that is due; null if there is none. */
  @Nullable BlockRequest takeDue(long now) {
    BlockRequest read = takeDue(reads, now);
    return read != null ? read : takeDue(writes, now);
  }

  private static @Nullable BlockRequest takeDue(Queue<BlockRequest> line, long now) {
    return nanos(line, now) == 0 ? line.poll() : null;
  }

  /** Takes any request; null if there is none. */
  @Nullable BlockRequest takeFirst() {
    return reads.isEmpty() ? writes.poll() : reads.poll();
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

  /** Has all that wait told anew when they are due, in their order. */
  void forEach(Consumer<BlockRequest> action) {
    reads.forEach(action);
    writes.forEach(action);
  }
}
