package org.kvmzone.bridge.rehearsal;

import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.VirtioDevice;

/** A queue of a rehearsal: the driver offers all of its chains, the device takes them. */
public final class RehearsedQueue {
  private static final int BUDGET = 256;

  private final VirtioDevice device;
  private final DeviceQueue queue;
  private final DriverSide driver;

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
    driver.offer();
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
