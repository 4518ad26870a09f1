package org.kvmzone.bridge.virtqueue;

import org.kvmzone.bridge.memory.GuestMemory;

class SplitWakeUpRaceTest extends WakeUpRaceTest {
  @Override
  Ends ring(int size, long features, GuestMemory memory, int index) {
    return SplitVirtqueueContractTest.split(ram, size, features, memory, index);
  }
}
