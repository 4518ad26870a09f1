package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <sys/uio.h>}: scatter and gather. */
public final class SysUio {
  private static final MethodHandle READV =
      Native.capturing(
          "readv",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle WRITEV =
      Native.capturing(
          "writev",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle PREADV =
      Native.capturing(
          "preadv",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle PWRITEV =
      Native.capturing(
          "pwritev",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));

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
    MemorySegment state = Errno.state();
    try {
      return Errno.result((long) READV.invokeExact(state, fd, iov, count), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
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
    MemorySegment state = Errno.state();
    try {
      return Errno.result((long) WRITEV.invokeExact(state, fd, iov, count), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
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
    MemorySegment state = Errno.state();
    try {
      return Errno.result((long) PREADV.invokeExact(state, fd, iov, count, offset), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
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
    MemorySegment state = Errno.state();
    try {
      return Errno.result((long) PWRITEV.invokeExact(state, fd, iov, count, offset), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
