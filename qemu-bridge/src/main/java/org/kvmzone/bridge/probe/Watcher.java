package org.kvmzone.bridge.probe;

/**
 * Receives the firings of a {@link Probe}, on the threads that fire: several at the same time, in
 * the middle of their work. It must not block. A watcher that throws is taken off its probe.
 */
@FunctionalInterface
public interface Watcher {
  /**
   * The probe fired. Strings and numbers come in the order in which the probe defines them; those
   * that it does not define are {@code ""} and 0.
   */
  void fired(String s0, String s1, String s2, long n0, long n1, long n2, long n3);
}
