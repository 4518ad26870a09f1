package org.kvmzone.bridge.testing;

import java.util.concurrent.atomic.AtomicInteger;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.virtqueue.SplitVirtqueue;

/** A ring with both its ends: the driver's, and the queue that a device is handed. */
public final class TestQueue {
  private final DriverRing driver;
  private final DeviceQueue queue;
  private final AtomicInteger interrupts = new AtomicInteger();
  private final AtomicInteger wakes = new AtomicInteger();

  /** Queue {@code index} of a device: a ring of {@code size} entries, set up in {@code ram}. */
  public TestQueue(GuestRam ram, int index, int size, long features) {
    driver = new DriverRing(ram, size);
    queue =
        new DeviceQueue(
            index,
            new SplitVirtqueue(size, features, 0, ram.memory(), driver.memory()),
            interrupts::incrementAndGet,
            wakes::incrementAndGet,
            new Counters<>(QueueCounter.class));
  }

  /** The driver's end. */
  public DriverRing driver() {
    return driver;
  }

  /** The device's end. */
  public DeviceQueue queue() {
    return queue;
  }

  /** How often the driver was interrupted. */
  public int interrupts() {
    return interrupts.get();
  }

  /** How often somebody asked for a turn of the queue's thread. */
  public int wakes() {
    return wakes.get();
  }
}
