package org.kvmzone.bridge.device;

/** A descriptor from which a device gets work without a kick: a tap, a completion queue. */
public interface EventSource {
  /** The descriptor to wait on for input (edge-triggered). */
  int fd();

  /**
   * Does up to about {@code budget} units of work.
   *
   * @return how much was done; the thread sleeps only after 0
   */
  int poll(int budget);
}
