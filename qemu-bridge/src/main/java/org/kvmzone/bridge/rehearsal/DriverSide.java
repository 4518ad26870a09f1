package org.kvmzone.bridge.rehearsal;

/** What a driver does with a ring, and nothing of what it might do wrong. */
sealed interface DriverSide permits SplitDriver, PackedDriver {
  /** How many chains there are. */
  int chains();

  /** Makes available chains that are the driver's, {@code most} at most. */
  void offer(int most);

  /** How many chains are the device's. */
  int outstanding();
}
