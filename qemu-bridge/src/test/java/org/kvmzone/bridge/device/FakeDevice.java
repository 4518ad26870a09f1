package org.kvmzone.bridge.device;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.kvmzone.bridge.virtqueue.Chain;

/** A device that gives every chain back at once, unless a test has something else in mind. */
class FakeDevice implements VirtioDevice {
  final AtomicInteger turns = new AtomicInteger();
  final AtomicInteger idles = new AtomicInteger();
  private final Chain chain = new Chain();

  @Override
  public int process(DeviceQueue queue, int budget) {
    turns.incrementAndGet();
    int done = 0;
    while (done < budget && queue.ring().pop(chain)) {
      queue.ring().push(chain, 0);
      done++;
    }
    if (done > 0) {
      queue.publish();
    }
    return done;
  }

  @Override
  public boolean mayIdle(DeviceQueue queue) {
    idles.incrementAndGet();
    return VirtioDevice.super.mayIdle(queue);
  }

  @Override
  public String id() {
    return "fake0";
  }

  @Override
  public long features() {
    return 0;
  }

  @Override
  public int queueCount() {
    return 8;
  }

  @Override
  public byte[] config() {
    return new byte[0];
  }

  @Override
  public DeviceReport report() {
    return new DeviceReport("fake", Map.of(), Map.of());
  }

  @Override
  public void close() {}
}
