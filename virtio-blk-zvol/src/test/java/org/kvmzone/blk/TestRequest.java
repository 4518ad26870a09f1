package org.kvmzone.blk;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A request that one can wait for, and that counts its completions. */
final class TestRequest extends ZvolRequest {
  private final Semaphore done = new Semaphore(0);
  private final AtomicInteger completions = new AtomicInteger();
  private volatile int errno = -1;

  @Override
  public void complete(int errno) {
    this.errno = errno;
    completions.incrementAndGet();
    done.release();
  }

  /** How often it was completed in all. */
  int completions() {
    return completions.get();
  }

  /** Submits this and waits for it; its errno. */
  int on(Zvol zvol) {
    zvol.submit(this);
    return await();
  }

  /** Waits for one completion; its errno. */
  int await() {
    try {
      if (!done.tryAcquire(30, TimeUnit.SECONDS)) {
        throw new AssertionError(op() + " does not complete");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return errno;
  }
}
