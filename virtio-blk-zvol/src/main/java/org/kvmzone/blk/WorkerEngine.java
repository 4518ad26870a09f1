package org.kvmzone.blk;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.ffi.Errno;

/**
 * Reads and writes on threads that may block, for what can hang: to submit takes no longer than it
 * takes to wake one. There are as many as requests are under way at a time, up to a limit. What
 * waits behind a request that hangs waits with it.
 */
final class WorkerEngine implements Engine {
  /** How many requests are with the storage at a time. */
  private static final int MOST = 16;

  /** How long threads that cannot be had are not asked for again. */
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  private static final Logger LOG = System.getLogger(WorkerEngine.class.getName());

  private final String name;
  private final Transfer transfer;
  private final Hire hire;
  private volatile Hand[] hands = {};
  private boolean refused; // guarded by this, as the next
  private long refusedAt;

  /** Threads that are called {@code name} and a number; none of them runs yet. */
  WorkerEngine(String name, Transfer transfer) {
    this(name, transfer, (thread, carryOut) -> new Worker(thread, () -> {}, carryOut));
  }

  WorkerEngine(String name, Transfer transfer, Hire hire) {
    this.name = name;
    this.transfer = transfer;
    this.hire = hire;
  }

  /** Starts a thread, or fails as {@link Thread#start} does when the system has none left. */
  @FunctionalInterface
  interface Hire {
    Worker start(String thread, ToIntFunction<ZvolRequest> carryOut);
  }

  /** A thread, and how many requests it has. */
  private final class Hand {
    private final AtomicInteger load = new AtomicInteger();
    private final Worker worker;

    Hand(int number) {
      worker = hire.start(name + " " + number, this::carryOut);
    }

    private int carryOut(ZvolRequest request) {
      try {
        return transfer.carryOut(request);
      } finally {
        load.getAndDecrement();
      }
    }
  }

  @Override
  public String word() {
    return EngineKind.WORKERS.word();
  }

  @Override
  public void submit(ZvolRequest request) {
    Hand hand = freest();
    if (hand == null) {
      request.complete(Errno.EIO);
      return;
    }
    hand.load.getAndIncrement();
    hand.worker.submit(request);
  }

  private @Nullable Hand freest() {
    @Nullable Hand freest = null;
    int least = Integer.MAX_VALUE;
    Hand[] all = hands;
    for (Hand hand : all) {
      int load = hand.load.get();
      if (load < least) {
        least = load;
        freest = hand;
      }
    }
    boolean enough = freest != null && (least == 0 || all.length == MOST);
    return enough ? freest : another(freest);
  }

  /** One more, or that one where there can be no more. */
  private synchronized @Nullable Hand another(@Nullable Hand instead) {
    Hand[] all = hands;
    if (all.length == MOST || (refused && System.nanoTime() - refusedAt < PAUSE)) {
      return instead;
    }
    try {
      Hand[] more = Arrays.copyOf(all, all.length + 1);
      more[all.length] = new Hand(all.length);
      hands = more;
      refused = false;
      return more[all.length];
    } catch (OutOfMemoryError none) { // so a JVM says that pthread_create has failed
      if (!refused) {
        LOG.log(
            Level.WARNING,
            "%s: no more threads to be had, its requests %s (%s): raise ulimit -u, or the cgroup's pids.max"
                .formatted(
                    name, instead == null ? "fail" : "wait for " + all.length, none.getMessage()));
      }
      refused = true;
      refusedAt = System.nanoTime();
      return instead;
    }
  }

  @Override
  public synchronized boolean close(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    boolean ended = true;
    for (Hand hand : hands) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      ended &= hand.worker.close(Math.max(1, left)); // 0 would be without end
    }
    return ended;
  }
}
