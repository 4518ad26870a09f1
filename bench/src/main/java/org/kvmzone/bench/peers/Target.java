package org.kvmzone.bench.peers;

/**
 * What the ratio of a case should be.
 *
 * @param least what has to be reached
 * @param aim what is hoped for
 * @param busy whether it is that of busy times, the peer's to ours, and not that of rates: for
 *     cases in which the front end, or the number of devices, decides the rate
 */
record Target(double least, double aim, boolean busy) {
  /** Of rates, ours to the peer's. */
  static Target rate(double least, double aim) {
    return new Target(least, aim, false);
  }

  /** Of the busy time of each operation, the peer's to ours. */
  static Target busy(double least, double aim) {
    return new Target(least, aim, true);
  }
}
