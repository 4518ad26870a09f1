package org.kvmzone.net;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.SpecException;

/**
 * Where whoever handles a NIC's frames finds out whether they are being recorded. Looked at once
 * for a batch; most of the time there is nothing here.
 */
final class CapturePoint {
  private static final AtomicInteger RUNNING = new AtomicInteger();

  private volatile @Nullable FrameCapture current;
  private boolean closed; // guarded by this

  /** How many NICs of this process are recorded at the moment: they share its threads. */
  static int running() {
    return RUNNING.get();
  }

  /** What frames are recorded by at the moment; by any thread. */
  @Nullable FrameCapture current() {
    return current;
  }

  /**
   * Has frames recorded from now on.
   *
   * @param nic what to call the NIC
   * @throws SpecException if they already are, or there will be no more
   */
  synchronized void begin(String nic, FrameCapture capture) {
    if (closed) {
      throw new SpecException("vnic " + nic + ": it is being removed");
    }
    if (current != null) {
      throw new SpecException(
          "vnic " + nic + ": it is being captured already: one at a time, end the other first");
    }
    current = capture;
    int _ = RUNNING.incrementAndGet();
  }

  /** This one records no more. */
  synchronized void end(FrameCapture capture) {
    if (capture.equals(current)) {
      current = null;
      int _ = RUNNING.decrementAndGet();
    }
  }

  /** The NIC is gone: no more frames come, and whoever records them has all. */
  synchronized void close() {
    closed = true;
    FrameCapture last = current;
    current = null;
    if (last != null) {
      int _ = RUNNING.decrementAndGet();
      last.end();
    }
  }
}
