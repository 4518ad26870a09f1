package org.kvmzone.blk;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.ffi.Errno;

/**
 * A thread for what may block. It takes all requests that wait, as one batch: the longer an
 * operation lasts, the more the next can do at once.
 */
final class Worker {
  private static final Logger LOG = System.getLogger(Worker.class.getName());

  private final Handover<ZvolRequest> inbox = new Handover<>();
  private final Runnable beginBatch;
  private final ToIntFunction<ZvolRequest> carryOut;
  private final Thread thread;
  private volatile boolean closing;

  /**
   * A worker that runs.
   *
   * @param beginBatch run before each batch: what can be done for all of it at once
   * @param carryOut does what is left to do for a request; 0 or an errno
   */
  Worker(String name, Runnable beginBatch, ToIntFunction<ZvolRequest> carryOut) {
    this.beginBatch = beginBatch;
    this.carryOut = carryOut;
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Hands a request over; it is completed by the thread. */
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
        serve(first);
      } else if (last) {
        return;
      } else {
        LockSupport.park(this);
      }
    }
  }

  private void serve(ZvolRequest first) {
    boolean begun = true;
    try {
      beginBatch.run();
    } catch (Throwable thrown) {
      begun = report(thrown);
    }
    for (@Nullable ZvolRequest each = first; each != null; ) {
      ZvolRequest following = inbox.after(each);
      int errno = Errno.EIO;
      try {
        errno = begun ? carryOut.applyAsInt(each) : Errno.EIO;
      } catch (Throwable thrown) {
        boolean ignored = report(thrown);
      }
      each.complete(errno);
      each = following;
    }
  }

  /** A mistake of ours fails a request; the thread that others wait for lives on. */
  private boolean report(Throwable thrown) {
    LOG.log(Level.ERROR, thread.getName() + " failed", thrown);
    return false;
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
