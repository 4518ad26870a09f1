package org.kvmzone.bridge.rehearsal;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;

/**
 * Serves rehearsed queues by a thread like that which serves real ones: what is compiled is what
 * will be used, and has seen what it will meet, turns that find nothing, a little, and much.
 */
public final class RehearsalLoop implements AutoCloseable {
  private static final int[] BATCHES = {1, 32, 256, 0, 7, 64, 2, 128, 31, 256, 5, 16};
  private static final int SHIFT = 5; // from queue to queue, so that they do not go in step
  private static final long POLL_NANOS = TimeUnit.MICROSECONDS.toNanos(5);

  /** For the thread of the loop, and for the compiler's: there may be one CPU for all of them. */
  private static final long REST_NANOS = TimeUnit.MICROSECONDS.toNanos(10);

  private final QueueLoop loop = QueueLoop.unwatched("rehearsal", POLL_NANOS);
  private final List<RehearsedQueue> queues;

  /**
   * A loop that is running.
   *
   * @param queues what it serves
   * @param sources what it polls besides
   */
  public RehearsalLoop(List<RehearsedQueue> queues, List<EventSource> sources) {
    this.queues = List.copyOf(queues);
    queues.forEach(queue -> queue.serveOn(loop));
    sources.forEach(loop::add);
    loop.start();
  }

  /** Keeps it busy for so long. */
  public void run(long nanos) {
    long end = System.nanoTime() + nanos;
    for (int turn = 0; System.nanoTime() - end < 0; turn++) {
      for (int i = 0; i < queues.size(); i++) {
        queues.get(i).offer(BATCHES[(turn + i * SHIFT) % BATCHES.length]);
      }
      loop.wake();
      LockSupport.parkNanos(REST_NANOS);
    }
  }

  /** Stops the queues, as a front end does, and then the loop. */
  @Override
  public void close() {
    for (RehearsedQueue queue : queues) {
      queue.drain();
      loop.wake();
      queue.awaitStopped();
    }
    loop.close();
  }
}
