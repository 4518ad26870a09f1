package org.kvmzone.bridge.virtqueue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.memory.GuestMemory;

class PackedVirtqueueModelTest extends VirtqueueModelTest {
  @Override
  Ends ring(int size, long features, GuestMemory memory, int index) {
    return PackedVirtqueueContractTest.packed(ram, size, features, memory, index);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 7, 100})
  void sizesThatAreNoPowerOfTwo_work(int size) {
    everyChain_isPoppedInOrderAndComesBackAsItWasPushed(size);
  }
}
