package org.kvmzone.bench.peers;

import java.util.OptionalDouble;

/**
 * What a back end of ours has done, by its own counters.
 *
 * @param busyNanos in turns of its threads that found work
 * @param operations frames or requests
 */
record Work(long busyNanos, long operations) {
  /** Nanoseconds of each operation since {@code before}; nothing if there was none. */
  OptionalDouble busyNanosEach(Work before) {
    long done = operations - before.operations;
    return done <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) (busyNanos - before.busyNanos) / done);
  }
}
