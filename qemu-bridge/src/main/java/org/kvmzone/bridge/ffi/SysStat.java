package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/** {@code <sys/stat.h>}: what a descriptor refers to. */
public final class SysStat {
  public static final int AT_EMPTY_PATH = 0x1000;
  public static final int STATX_BASIC_STATS = 0x7ff;
  public static final int STATX_DIOALIGN = 0x2000;
  public static final int S_IFMT = 0xf000;
  public static final int S_IFREG = 0x8000;
  public static final int S_IFBLK = 0x6000;
  public static final int S_IFCHR = 0x2000;
  public static final int S_IFDIR = 0x4000;

  private static final CFunction STATX = CFunction.named("statx");

  private SysStat() {}

  /**
   * Fills a {@code struct statx}, which is the same on every architecture.
   *
   * {@snippet lang=c :
   * int statx(int dirfd, const char *pathname, int flags, unsigned int mask, struct statx *statxbuf);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int statx(
      int directory, MemorySegment path, int flags, int mask, MemorySegment statx) {
    return STATX.call(directory, path.address(), flags, mask, statx.address());
  }
}
