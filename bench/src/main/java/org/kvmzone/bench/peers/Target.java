package org.kvmzone.bench.peers;

/**
 * What the ratio of a case should be, or its rate if nothing is compared.
 *
 * @param least what has to be reached
 * @param aim what is hoped for
 * @param busy whether it is that of busy times, the peer's to ours, and not that of rates: for
 *     cases in which the front end, or the number of devices, decides the rate
 * @param alone whether it is our rate, and no ratio: for cases without a peer
 */
record Target(double least, double aim, boolean busy, boolean alone) {
  /** Of rates, ours to the peer's. */
  static Target rate(double least, double aim) {
    return new Target(least, aim, false, false);
  }

  /** Of the busy time of each operation, the peer's to ours. */
  static Target busy(double least, double aim) {
    return new Target(least, aim, true, false);
  }

  /** Of our rate alone, in what the case counts. */
  static Target alone(double least, double aim) {
    return new Target(least, aim, false, true);
  }
}
