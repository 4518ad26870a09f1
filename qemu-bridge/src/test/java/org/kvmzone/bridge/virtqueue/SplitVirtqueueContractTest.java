package org.kvmzone.bridge.virtqueue;

import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;

class SplitVirtqueueContractTest extends VirtqueueContractTest {
  static Ends split(GuestRam ram, int size, long features, GuestMemory memory, int index) {
    DriverRing driver = new DriverRing(ram, size);
    driver.startAt(index);
    return new Ends(
        new SplitDriver(driver, (features & Features.EVENT_IDX) != 0),
        new SplitVirtqueue(size, features, index, memory, driver.memory()),
        driver.memory());
  }

  @Override
  Ends ring(int size, long features, GuestMemory memory, int index) {
    return split(ram, size, features, memory, index);
  }
}
