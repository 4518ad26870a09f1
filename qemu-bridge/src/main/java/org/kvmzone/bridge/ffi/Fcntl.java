package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/** {@code <fcntl.h>}: opening files, flags of descriptors, open-file-description locks. */
public final class Fcntl {
  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_EXCL = 0x80;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_DIRECT =
      System.getProperty("os.arch").equals("aarch64") ? 0x10000 : 0x4000;
  public static final int O_CLOEXEC = 0x80000;
  public static final int AT_FDCWD = -100;
  public static final int F_GETFD = 1;
  public static final int F_SETFD = 2;
  public static final int F_GETFL = 3;
  public static final int F_SETFL = 4;
  public static final int F_OFD_GETLK = 36;
  public static final int F_OFD_SETLK = 37;
  public static final int F_DUPFD_CLOEXEC = 1030;
  public static final int F_ADD_SEALS = 1033;
  public static final int F_SEAL_SEAL = 1;
  public static final int F_SEAL_SHRINK = 2;
  public static final int F_SEAL_GROW = 4;
  public static final int FD_CLOEXEC = 1;
  public static final int F_RDLCK = 0;
  public static final int F_WRLCK = 1;
  public static final int F_UNLCK = 2;

  private static final CFunction OPEN = CFunction.named("open");
  private static final CFunction FCNTL = CFunction.named("fcntl");
  private static final CFunction FALLOCATE = CFunction.named("fallocate");

  private Fcntl() {}

  /**
   * Opens a file; {@code path} is a C string.
   *
   * {@snippet lang=c :
   * int open(const char *pathname, int flags, ...);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int open(MemorySegment path, int flags, int mode) {
    return OPEN.call(path.address(), flags, mode);
  }

  /**
   * Commands that take a number.
   *
   * {@snippet lang=c :
   * int fcntl(int fd, int op, ...);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int fcntl(int fd, int command, long argument) {
    return FCNTL.call(fd, command, argument);
  }

  /**
   * Allocates, frees or zeroes a range of a file; the modes are {@link LinuxFalloc}'s.
   *
   * {@snippet lang=c :
   * int fallocate(int fd, int mode, off_t offset, off_t len);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int fallocate(int fd, int mode, long offset, long length) {
    return FALLOCATE.call(fd, mode, offset, length);
  }
}
