package org.kvmzone.blk;

/** The last byte of a request, which answers it (virtio 1.3 §5.2.6). */
final class Status {
  static final byte OK = 0;
  static final byte IOERR = 1;
  static final byte UNSUPP = 2;

  private Status() {}
}
