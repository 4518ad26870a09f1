package org.kvmzone.bridge.virtqueue;

import org.junit.jupiter.api.AfterEach;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.testing.GuestRam;

/** Memory for one test, and a ring in it; implemented once for each kind of ring. */
abstract class RingFixture {
  static final long NO_FEATURES = Features.VERSION_1;
  static final long INDIRECT = Features.VERSION_1 | Features.INDIRECT_DESC;
  static final long EVENTS = Features.VERSION_1 | Features.EVENT_IDX;

  final GuestRam ram = new GuestRam(8 << 20);

  /** A ring with both its ends. */
  record Ends(Driver driver, Virtqueue queue, RingMemory areas) {}

  /**
   * A new ring whose areas are in {@link #ram} and whose addresses mean {@code memory}.
   *
   * @param index the 16-bit index at which both ends begin to count
   */
  abstract Ends ring(int size, long features, GuestMemory memory, int index);

  /** A new ring. */
  Ends ring(int size, long features) {
    return ring(size, features, ram.memory(), 0);
  }

  @AfterEach
  void unmap() {
    ram.close();
  }
}
