package org.kvmzone.blk;

import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.FileStatus;
import org.kvmzone.bridge.memory.Buffers;

/**
 * What memory must be like to be read and written past the page cache.
 *
 * @param address what the address of each piece is a multiple of, in bytes: a power of two
 * @param length likewise the length of each piece, and the offset in the file
 */
record Alignment(int address, int length) {
  /** Any memory will do: the page cache is in between. */
  static final Alignment NONE = new Alignment(1, 1);

  /**
   * Has an open file pass its page cache by.
   *
   * @param sector what to assume if the kernel (before Linux 6.1) does not tell
   * @return what that takes; NONE if it cannot be done
   * @throws org.kvmzone.bridge.ffi.NativeException if the kernel fails otherwise
   */
  static Alignment passCache(Fd file, FileStatus status, int sector) {
    int fd = file.number();
    int flags = Errno.check(Fcntl.fcntl(fd, Fcntl.F_GETFL, 0), "flags of a volume");
    int result = Fcntl.fcntl(fd, Fcntl.F_SETFL, flags | Fcntl.O_DIRECT);
    if (result == -Errno.EINVAL) {
      return NONE;
    }
    Errno.check(result, "set O_DIRECT on a volume");
    return new Alignment(
        status.directMemory() > 0 ? status.directMemory() : sector,
        Math.max(status.directOffset(), sector));
  }

  /** Whether there is something to be aligned to. */
  boolean isStrict() {
    return length > 1;
  }

  /** Whether these pieces are so. */
  boolean fits(Buffers pieces) {
    long bits = 0;
    for (int i = 0; i < pieces.count(); i++) {
      bits |= (pieces.address(i) & (address - 1)) | (pieces.length(i) & (length - 1));
    }
    return bits == 0;
  }
}
