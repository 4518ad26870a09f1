package org.kvmzone.bridge.virtqueue;

import org.kvmzone.bridge.memory.GuestMemory;

class PackedWakeUpRaceTest extends WakeUpRaceTest {
  @Override
  Ends ring(int size, long features, GuestMemory memory, int index) {
    return PackedVirtqueueContractTest.packed(ram, size, features, memory, index);
  }
}
