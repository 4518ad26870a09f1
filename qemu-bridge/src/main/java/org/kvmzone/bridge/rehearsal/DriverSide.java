package org.kvmzone.bridge.rehearsal;

/** What a driver does with a ring, and nothing of what it might do wrong. */
sealed interface DriverSide permits SplitDriver, PackedDriver {
  /** How many chains there are. */
  int chains();

  /** Makes available every chain that is the driver's. */
  void offer();

  /** How many chains are the device's. */
  int outstanding();
}
