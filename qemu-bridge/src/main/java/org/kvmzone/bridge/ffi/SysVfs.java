package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/** {@code <sys/vfs.h>}: what kind of file system a file is on. */
public final class SysVfs {
  public static final long HUGETLBFS_MAGIC = 0x958458f6L;

  private static final CFunction FSTATFS = CFunction.named("fstatfs");

  private SysVfs() {}

  /**
   * Fills a {@link Statfs}.
   *
   * {@snippet lang=c :
   * int fstatfs(int fd, struct statfs *buf);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int fstatfs(int fd, MemorySegment statfs) {
    return FSTATFS.call(fd, statfs.address());
  }
}
