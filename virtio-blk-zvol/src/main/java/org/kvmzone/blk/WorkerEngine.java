package org.kvmzone.blk;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes on threads that may block, for what can hang: to submit takes no longer than it
 * takes to wake one. There are as many as requests are under way at a time, up to a limit. What
 * waits behind a request that hangs waits with it.
 */
final class WorkerEngine implements Engine {
  /** How many requests are with the storage at a time. */
  private static final int MOST = 16;

  private final String name;
  private final Transfer transfer;
  private volatile Hand[] hands = {};

  /** Threads that are called {@code name} and a number; none of them runs yet. */
  WorkerEngine(String name, Transfer transfer) {
    this.name = name;
    this.transfer = transfer;
  }

  /** A thread, and how many requests it has. */
  private final class Hand {
    private final AtomicInteger load = new AtomicInteger();
    private final Worker worker;

    Hand(int number) {
      worker = new Worker(name + " " + number, () -> {}, this::carryOut);
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
    hand.load.getAndIncrement();
    hand.worker.submit(request);
  }

  private Hand freest() {
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
    return freest == null || (least > 0 && all.length < MOST) ? another() : freest;
  }

  private synchronized Hand another() {
    Hand[] all = hands;
    if (all.length < MOST) {
      Hand[] more = Arrays.copyOf(all, all.length + 1);
      more[all.length] = new Hand(all.length);
      hands = more;
    }
    return hands[hands.length - 1];
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
