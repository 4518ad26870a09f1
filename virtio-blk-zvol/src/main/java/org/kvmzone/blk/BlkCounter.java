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
  /** Times the serial was asked for. */
  IDS("getids"),
  /** Requests that the volume could not carry out. */
  ERRORS("ioerrors"),
  /** Requests without a byte for their status: they cannot be answered. */
  NO_STATUS("nostatus"),
  /** Requests with less than a header. */
  SHORT_HEADER("shortheader"),
  /** Requests of a type that is not offered. */
  UNSUPPORTED("unsupported"),
  /** Reads, writes and questions for the serial without data. */
  NO_DATA("nodata"),
  /** Reads and writes that are no whole number of blocks. */
  MISALIGNED("misaligned"),
  /** Reads and writes that reach beyond the end. */
  BEYOND_END("beyondend"),
  /** Writes to a read-only disk. */
  READ_ONLY("readonly");

  private final String kstat;

  BlkCounter(String kstat) {
    this.kstat = kstat;
  }

  @Override
  public String kstat() {
    return kstat;
  }
}
