package org.kvmzone.blk;

/** Why a request is not carried out, and what it is answered (virtio 1.3 §5.2.6). */
enum BadRequest {
  /** There is no byte to answer with: the chain is given back as it came. */
  NO_STATUS(BlkCounter.NO_STATUS, Status.IOERR),
  /** Less than a header's 16 bytes. */
  SHORT_HEADER(BlkCounter.SHORT_HEADER, Status.IOERR),
  /** A type that is not offered. */
  UNSUPPORTED(BlkCounter.UNSUPPORTED, Status.UNSUPP),
  /** No memory to read into, or to write from. */
  NO_DATA(BlkCounter.NO_DATA, Status.IOERR),
  /** No whole number of blocks, or not at the beginning of one. */
  MISALIGNED(BlkCounter.MISALIGNED, Status.IOERR),
  /** Beyond the last sector. */
  BEYOND_END(BlkCounter.BEYOND_END, Status.IOERR),
  /** A write to a read-only disk (virtio 1.3 §5.2.6.2). */
  READ_ONLY(BlkCounter.READ_ONLY, Status.IOERR),
  /** Ranges that are no whole number of segments, too many of them, or one that is too long. */
  BAD_SEGMENTS(BlkCounter.BAD_SEGMENTS, Status.IOERR),
  /** A flag that is reserved, or unmap for a discard (virtio 1.3 §5.2.6.2). */
  BAD_FLAGS(BlkCounter.BAD_FLAGS, Status.UNSUPP);

  private final BlkCounter counter;
  private final byte status;

  BadRequest(BlkCounter counter, byte status) {
    this.counter = counter;
    this.status = status;
  }

  /** Where it is counted; the name is the reason that the probe gives. */
  BlkCounter counter() {
    return counter;
  }

  /** The status byte. */
  byte status() {
    return status;
  }
}
