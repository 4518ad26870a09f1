package org.kvmzone.bridge.ffi;

/** {@code <sys/uio.h>}: scatter and gather. */
public final class SysUio {
  private static final CFunction READV = CFunction.named("readv");
  private static final CFunction WRITEV = CFunction.named("writev");
  private static final CFunction PREADV = CFunction.named("preadv");
  private static final CFunction PWRITEV = CFunction.named("pwritev");

  private SysUio() {}

  /**
   * Reads into {@code count} pieces of memory.
   *
   * {@snippet lang=c :
   * ssize_t readv(int fd, const struct iovec *iov, int iovcnt);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long readv(int fd, long iov, int count) {
    return READV.callLong(fd, iov, count);
  }

  /**
   * Writes from {@code count} pieces of memory.
   *
   * {@snippet lang=c :
   * ssize_t writev(int fd, const struct iovec *iov, int iovcnt);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long writev(int fd, long iov, int count) {
    return WRITEV.callLong(fd, iov, count);
  }

  /**
   * Reads at {@code offset} bytes into {@code count} pieces of memory.
   *
   * {@snippet lang=c :
   * ssize_t preadv(int fd, const struct iovec *iov, int iovcnt, off_t offset);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long preadv(int fd, long iov, int count, long offset) {
    return PREADV.callLong(fd, iov, count, offset);
  }

  /**
   * Writes at {@code offset} bytes from {@code count} pieces of memory.
   *
   * {@snippet lang=c :
   * ssize_t pwritev(int fd, const struct iovec *iov, int iovcnt, off_t offset);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long pwritev(int fd, long iov, int count, long offset) {
    return PWRITEV.callLong(fd, iov, count, offset);
  }
}
