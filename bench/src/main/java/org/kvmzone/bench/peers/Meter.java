package org.kvmzone.bench.peers;

import java.io.IOException;

/** Tells how much has come through so far, whenever it is asked. */
interface Meter {
  /**
   * Reads it.
   *
   * @throws IOException if it does not answer
   */
  Reading read() throws IOException, InterruptedException;

  /**
   * What it says.
   *
   * @param frames since the start
   * @param perSecond since it was last read, by a clock of its own; not a number if it has none
   */
  record Reading(long frames, double perSecond) {}
}
