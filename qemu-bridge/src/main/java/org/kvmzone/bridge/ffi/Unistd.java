package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <unistd.h>}: descriptors and what one reads and writes through them. */
public final class Unistd {
  private static final MethodHandle CLOSE =
      Native.capturing("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle DUP =
      Native.capturing("dup", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle DUP3 =
      Native.capturing(
          "dup3",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT));
  private static final MethodHandle READ =
      Native.capturing(
          "read",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle WRITE =
      Native.capturing(
          "write",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle FSYNC =
      Native.capturing("fsync", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle FDATASYNC =
      Native.capturing(
          "fdatasync", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle FTRUNCATE =
      Native.capturing(
          "ftruncate",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));

  private static final MethodHandle GETPAGESIZE =
      Native.plain("getpagesize", FunctionDescriptor.of(ValueLayout.JAVA_INT));

  private static final MethodHandle EXECV =
      Native.capturing(
          "execv",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));

  private Unistd() {}

  /**
   * Closes a descriptor.
   *
   * {@snippet lang=c :
   * int close(int fd);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int close(int fd) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) CLOSE.invokeExact(state, fd), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Another descriptor for the same open file; not close-on-exec.
   *
   * {@snippet lang=c :
   * int dup(int oldfd);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int dup(int fd) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) DUP.invokeExact(state, fd), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Puts another open file in the place of what {@code newFd} stood for, in one step.
   *
   * {@snippet lang=c :
   * int dup3(int oldfd, int newfd, int flags);
   * }
   *
   * @param flags 0 or {@link Fcntl#O_CLOEXEC}
   * @return what the function returns, or {@code -errno}
   */
  public static int dup3(int oldFd, int newFd, int flags) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) DUP3.invokeExact(state, oldFd, newFd, flags), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Reads up to {@code length} bytes to {@code address}.
   *
   * {@snippet lang=c :
   * ssize_t read(int fd, void *buf, size_t count);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long read(int fd, long address, long length) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((long) READ.invokeExact(state, fd, address, length), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Writes up to {@code length} bytes from {@code address}.
   *
   * {@snippet lang=c :
   * ssize_t write(int fd, const void *buf, size_t count);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long write(int fd, long address, long length) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((long) WRITE.invokeExact(state, fd, address, length), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Makes data and metadata durable.
   *
   * {@snippet lang=c :
   * int fsync(int fd);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int fsync(int fd) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) FSYNC.invokeExact(state, fd), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Makes data durable, and the metadata needed to read it again.
   *
   * {@snippet lang=c :
   * int fdatasync(int fd);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int fdatasync(int fd) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) FDATASYNC.invokeExact(state, fd), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Sets the size of a file, in bytes.
   *
   * {@snippet lang=c :
   * int ftruncate(int fd, off_t length);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int ftruncate(int fd, long length) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) FTRUNCATE.invokeExact(state, fd, length), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Replaces this process by another program; {@code argv} is an array of C strings that ends with
   * a null pointer.
   *
   * {@snippet lang=c :
   * int execv(const char *pathname, char *const argv[]);
   * }
   *
   * @return {@code -errno}, if at all
   */
  public static int execv(MemorySegment pathname, MemorySegment argv) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) EXECV.invokeExact(state, pathname, argv), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Bytes of a page; no system call.
   *
   * {@snippet lang=c :
   * int getpagesize(void);
   * }
   */
  public static int getpagesize() {
    try {
      return (int) GETPAGESIZE.invokeExact();
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
