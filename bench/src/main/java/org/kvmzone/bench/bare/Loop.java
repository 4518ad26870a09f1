package org.kvmzone.bench.bare;

/** What the polling thread does; asked for the rest while none polls. */
interface Loop {
  /** Looks at the rings so many times, and does what there is to do. */
  void poll(int times);

  /** Where a successor would go on in the {@code i}th of the loop's rings. */
  int base(int i);

  /** Frames or requests so far. */
  long chains();

  /** In how many batches they came: what decides the speed of short frames. */
  long batches();
}
