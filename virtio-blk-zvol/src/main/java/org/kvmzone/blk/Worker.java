package org.kvmzone.blk;

import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A thread for what may block. It takes all requests that wait, as one batch: the longer an
 * operation lasts, the more the next can do at once.
 */
final class Worker {
  private final Handover<ZvolRequest> inbox;
  private final Consumer<ZvolRequest> batch;
  private final Thread thread;
  private volatile boolean closing;

  /**
   * A worker that runs.
   *
   * @param batch is given the first of a batch of {@code inbox}; completes all of it, throws
   *     nothing
   */
  Worker(String name, Handover<ZvolRequest> inbox, Consumer<ZvolRequest> batch) {
    this.inbox = inbox;
    this.batch = batch;
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Hands a request over. */
  void submit(ZvolRequest request) {
    if (inbox.put(request)) {
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    while (true) {
      boolean last = closing; // before the inbox is looked at
      @Nullable ZvolRequest first = inbox.takeAll();
      if (first != null) {
        batch.accept(first);
      } else if (last) {
        return;
      } else {
        LockSupport.park(this);
      }
    }
  }

  /**
   * Ends the thread when its inbox is empty.
   *
   * @return false if it hangs for more than {@code millis}
   */
  boolean close(long millis) {
    closing = true;
    LockSupport.unpark(thread);
    try {
      thread.join(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
