package org.kvmzone.bridge.vhostuser;

import org.kvmzone.bridge.probe.Counter;

/** What is counted of a device's connections. */
public enum SessionCounter implements Counter {
  /** Connections that front ends made. */
  CONNECTS("connects"),
  /** Messages read. */
  MESSAGES("messages"),
  /** Messages that could not be acted upon. */
  REFUSED("refused"),
  /** Connections closed because of what came over them. */
  BROKEN("broken");

  private final String kstat;

  SessionCounter(String kstat) {
    this.kstat = kstat;
  }

  @Override
  public String kstat() {
    return kstat;
  }
}
