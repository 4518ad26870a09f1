package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/** {@code <sys/vfs.h>}: what kind of file system a file is on. */
public final class SysVfs {
  // What is in memory.
  public static final long HUGETLBFS_MAGIC = 0x958458f6L;
  public static final long TMPFS_MAGIC = 0x01021994L;

  // What asks another host, or another program.
  public static final long AFS_SUPER_MAGIC = 0x5346414fL;
  public static final long CEPH_SUPER_MAGIC = 0x00c36400L;
  public static final long CIFS_SUPER_MAGIC = 0xff534d42L;
  public static final long FUSE_SUPER_MAGIC = 0x65735546L;
  public static final long NFS_SUPER_MAGIC = 0x6969L;
  public static final long SMB2_SUPER_MAGIC = 0xfe534d42L;
  public static final long V9FS_MAGIC = 0x01021997L;

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
