package org.kvmzone.bridge.device;

import org.kvmzone.bridge.probe.Counter;

/** What is counted of a queue, whatever the device. */
public enum QueueCounter implements Counter {
  /** Batches that were given back to the driver. */
  BATCHES("batches"),
  /** Interrupts raised; the driver did not want the rest. */
  INTERRUPTS("intrs"),
  /** Rings found broken. */
  FAULTS("ringfaults");

  private final String kstat;

  QueueCounter(String kstat) {
    this.kstat = kstat;
  }

  @Override
  public String kstat() {
    return kstat;
  }
}
