package org.kvmzone.blk;

import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.memory.Buffers;

/** How a raw volume's bytes get from and to memory, on the calling thread. */
interface Transfer extends AutoCloseable {
  /** Fills {@code into} from {@code offset} on. @return 0 or an errno: EIO where the file ends */
  int read(long offset, Buffers into);

  /** Writes all of {@code from} at {@code offset}. @return 0 or an errno */
  int write(long offset, Buffers from);

  /** Does what a read or write asks for. @return 0 or an errno */
  default int carryOut(ZvolRequest request) {
    return request.op() == ZvolRequest.Op.WRITE
        ? write(request.offset(), request.data())
        : read(request.offset(), request.data());
  }

  /**
   * What the kernel says of a read or write, as {@link Zvol} says it. Memory that is gone is the
   * guest's mistake, and storage that refuses what is within it is broken.
   */
  static int error(int errno) {
    return switch (errno) {
      case Errno.EFAULT, Errno.EINVAL, Errno.EOPNOTSUPP -> Errno.EIO;
      default -> errno;
    };
  }

  /** Whether the file's memory is mapped and must stay: a hole in it could not be filled again. */
  boolean holdsMemory();

  /** The file has grown to {@code size} bytes. */
  void grow(long size);

  /** Gives up what it holds besides the file. */
  @Override
  void close();
}
