package org.kvmzone.blk;

import org.kvmzone.bridge.probe.Counter;

/** What is counted of a disk. */
public enum BlkCounter implements Counter {
  /** Reads completed without an error. */
  READS("reads"),
  /** Writes completed without an error. */
  WRITES("writes"),
  /** Flushes completed without an error. */
  FLUSHES("flushes"),
  /** Bytes read. */
  NREAD("nread"),
  /** Bytes written. */
  NWRITTEN("nwritten"),
  /** Discards completed without an error. */
  DISCARDS("discards"),
  /** Bytes discarded. */
  NDISCARDED("ndiscarded"),
  /** Fillings with zeroes completed without an error. */
  ZEROES("zeroes"),
  /** Bytes filled with zeroes. */
  NZEROED("nzeroed"),
  /** Times the serial was asked for. */
  IDS("getids"),
  /** Requests that had to wait for their limits. */
  THROTTLED("throttled"),
  /** Requests that the volume could not carry out. */
  ERRORS("ioerrors"),
  /** Requests without a byte for their status: they cannot be answered. */
  NO_STATUS("nostatus"),
  /** Requests with less than a header. */
  SHORT_HEADER("shortheader"),
  /** Requests of a type that is not offered. */
  UNSUPPORTED("unsupported"),
  /** Requests of a type that needs data, without any; and ranges of no sectors. */
  NO_DATA("nodata"),
  /** Requests for what is no whole number of blocks. */
  MISALIGNED("misaligned"),
  /** Requests for what lies beyond the end. */
  BEYOND_END("beyondend"),
  /** Writes to a read-only disk. */
  READ_ONLY("readonly"),
  /** Discards and fillings with zeroes whose ranges are no list, too many or too long. */
  BAD_SEGMENTS("badsegments"),
  /** Discards and fillings with zeroes with a flag that is none. */
  BAD_FLAGS("badflags");

  private final String kstat;

  BlkCounter(String kstat) {
    this.kstat = kstat;
  }

  @Override
  public String kstat() {
    return kstat;
  }
}
