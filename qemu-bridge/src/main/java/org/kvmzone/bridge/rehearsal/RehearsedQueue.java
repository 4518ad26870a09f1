package org.kvmzone.bridge.rehearsal;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.ffi.Fd;

/** A queue of a rehearsal: the driver offers all of its chains, the device takes them. */
public final class RehearsedQueue {
  private static final int BUDGET = 256;
  private static final int PATIENCE_SECONDS = 1;

  private final VirtioDevice device;
  private final DeviceQueue queue;
  private final DriverSide driver;
  private final Fd kick = Fd.event();

  RehearsedQueue(VirtioDevice device, DeviceQueue queue, DriverSide driver) {
    this.device = device;
    this.queue = queue;
    this.driver = driver;
  }

  /** How many chains are offered at a time. */
  public int chains() {
    return driver.chains();
  }

  /** Makes available every chain that the device has given back, or never had. */
  public void offer() {
    driver.offer(driver.chains());
  }

  /** Makes available such chains, {@code most} at most. */
  void offer(int most) {
    driver.offer(most);
  }

  /** Lets a loop serve it, instead of {@link #turn}. */
  void serveOn(QueueLoop loop) {
    loop.add(device, queue, kick, fault -> {});
  }

  /** Lets no new chain be taken. */
  void drain() {
    device.stopping(queue);
    queue.drain();
  }

  /**
   * Waits until nothing is in flight, for a moment. By this thread alone: one that was started for
   * it, as completeOnTimeout does, would outlive the rehearsal, and be as nice.
   */
  void awaitStopped() {
    try {
      queue.stopped().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException _) {
      // Its loop ends next, whatever hangs in it.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void close() {
    kick.close();
  }

  /** One turn of the device's. @return how much was done */
  public int turn() {
    if (!queue.tryAcquire()) {
      return 0;
    }
    try {
      return device.process(queue, BUDGET);
    } finally {
      queue.release();
    }
  }

  /** How many chains the device has not given back. */
  public int outstanding() {
    return driver.outstanding();
  }
}
