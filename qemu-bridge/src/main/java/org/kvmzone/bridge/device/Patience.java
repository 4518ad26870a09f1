package org.kvmzone.bridge.device;

/**
 * How long a thread that finds nothing to do looks on before it sleeps: as long as it may, or not
 * at all after a sleep that took longer than that. To look for work for less than the guest takes
 * to have some finds none, and on a host with few CPUs takes them from the guest. QEMU's event loop
 * goes by the same (poll-max-ns of its iothreads). Of one thread.
 */
final class Patience {
  private final long most;
  private long nanos;

  /** Patience of so many nanoseconds at most, all of which it has at first. */
  Patience(long most) {
    this.most = most;
    nanos = most;
  }

  /** Nanoseconds to look for work, from when none was found on. */
  long nanos() {
    return nanos;
  }

  /** The thread has slept so many nanoseconds. */
  void slept(long asleep) {
    nanos = asleep > most ? 0 : most;
  }
}
