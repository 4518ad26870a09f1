package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/**
 * {@code <unistd.h>}: descriptors and what one reads and writes through them; programs and threads.
 */
public final class Unistd {
  private static final CFunction CLOSE = CFunction.named("close");
  private static final CFunction DUP = CFunction.named("dup");
  private static final CFunction DUP3 = CFunction.named("dup3");
  private static final CFunction READ = CFunction.named("read");
  private static final CFunction WRITE = CFunction.named("write");
  private static final CFunction FSYNC = CFunction.named("fsync");
  private static final CFunction FDATASYNC = CFunction.named("fdatasync");
  private static final CFunction FTRUNCATE = CFunction.named("ftruncate");
  private static final CFunction PIPE2 = CFunction.named("pipe2");
  private static final CFunction ISATTY = CFunction.named("isatty");
  private static final CFunction GETPAGESIZE = CFunction.named("getpagesize");
  private static final CFunction EXECV = CFunction.named("execv");
  private static final CFunction NICE = CFunction.named("nice");

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
    return CLOSE.call(fd);
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
    return DUP.call(fd);
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
    return DUP3.call(oldFd, newFd, flags);
  }

  /**
   * Makes a pipe: {@code ends} takes two {@code int}s, where to read from and where to write to.
   *
   * {@snippet lang=c :
   * int pipe2(int pipefd[2], int flags);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int pipe2(MemorySegment ends, int flags) {
    return PIPE2.call(ends.address(), flags);
  }

  /**
   * Whether a descriptor is a terminal.
   *
   * {@snippet lang=c :
   * int isatty(int fd);
   * }
   */
  public static boolean isatty(int fd) {
    return ISATTY.call(fd) == 1;
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
    return READ.callLong(fd, address, length);
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
    return WRITE.callLong(fd, address, length);
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
    return FSYNC.call(fd);
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
    return FDATASYNC.call(fd);
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
    return FTRUNCATE.call(fd, length);
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
    return EXECV.call(pathname.address(), argv.address());
  }

  /**
   * Makes the calling thread nicer to others, and with it those that it starts from now on; to
   * Linux, other than to POSIX, niceness is a thread's own (sched(7)). What it was is not asked
   * for, and to be nicer is always allowed.
   *
   * {@snippet lang=c :
   * int nice(int inc);
   * }
   *
   * @param increment 0 and up; nobody is nicer than 19
   */
  public static void nice(int increment) {
    int ignored = NICE.call(increment);
  }

  /**
   * Bytes of a page; no system call.
   *
   * {@snippet lang=c :
   * int getpagesize(void);
   * }
   */
  public static int getpagesize() {
    return GETPAGESIZE.call();
  }
}
