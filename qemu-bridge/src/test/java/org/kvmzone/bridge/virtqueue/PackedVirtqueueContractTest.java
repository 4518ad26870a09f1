package org.kvmzone.bridge.virtqueue;

import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.PackedDriverRing;

class PackedVirtqueueContractTest extends VirtqueueContractTest {
  static Ends packed(GuestRam ram, int size, long features, GuestMemory memory, int index) {
    PackedDriverRing driver = new PackedDriverRing(ram, size);
    driver.startAt(index);
    return new Ends(
        new PackedDriver(driver, (features & Features.EVENT_IDX) != 0),
        new PackedVirtqueue(size, features, driver.base(), memory, driver.memory()),
        driver.memory());
  }

  @Override
  Ends ring(int size, long features, GuestMemory memory, int index) {
    return packed(ram, size, features, memory, index);
  }
}
