package org.kvmzone.bridge.device;

/**
 * A descriptor from which a device gets work without a kick: a tap, a completion queue. It wakes
 * the thread when there is input, and when output is possible again (edge-triggered both).
 */
public interface EventSource {
  /** The descriptor to wait on. */
  int fd();

  /**
   * Does up to about {@code budget} units of work.
   *
   * @return how much was done; the thread sleeps only after 0
   */
  int poll(int budget);
}
