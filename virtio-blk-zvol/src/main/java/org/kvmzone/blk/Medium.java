package org.kvmzone.blk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.FileStatus;
import org.kvmzone.bridge.ffi.Statfs;
import org.kvmzone.bridge.ffi.SysVfs;

/**
 * What a raw volume's bytes are kept on, as far as it matters to how they are best got at; the
 * measurements behind it are in docs/performance.md.
 */
enum Medium {
  /** A file of huge pages: it is mapped, since it cannot be written otherwise. */
  HUGE_PAGES(EngineKind.INLINE, false),
  /** A file in memory, which waits for nothing. */
  MEMORY_FILE(EngineKind.INLINE, false),
  /**
   * A file of a local file system, whose page cache answers in a microsecond. Past that it is as
   * slow as what is below, and others can wait for it.
   */
  FILE(EngineKind.INLINE, false),
  /** A file that another host or program keeps, which may be gone for a while. */
  REMOTE_FILE(EngineKind.WORKERS, false),
  /** A block device that works while others wait: a disk, a loop device. */
  DEVICE(EngineKind.IO_URING, true),
  /** One that is a volume of OpenZFS. */
  ZVOL(EngineKind.IO_URING, true),
  /** A block device in memory, which is done before it could be waited for. */
  MEMORY_DEVICE(EngineKind.INLINE, true);

  /** Compressed, plain, and persistent memory, as the kernel names them. */
  private static final Pattern IN_MEMORY = Pattern.compile("(zram|ram|pmem)[0-9].*");

  /** Whole volumes of OpenZFS on Linux; the blocks of a partition of one may begin anywhere. */
  private static final Pattern ZVOLS = Pattern.compile("zd[0-9]+");

  private final EngineKind engine;
  private final boolean direct;

  Medium(EngineKind engine, boolean direct) {
    this.engine = engine;
    this.direct = direct;
  }

  /**
   * What an open file is on.
   *
   * @throws org.kvmzone.bridge.ffi.NativeException if the kernel does not say
   */
  static Medium of(Fd file, FileStatus status) {
    if (status.isBlockDevice()) {
      String name = name(status);
      if (ZVOLS.matcher(name).matches()) {
        return ZVOL;
      }
      return IN_MEMORY.matcher(name).matches() ? MEMORY_DEVICE : DEVICE;
    }
    long system = Statfs.of(file.number()).type();
    if (system == SysVfs.HUGETLBFS_MAGIC) {
      return HUGE_PAGES;
    }
    if (system == SysVfs.TMPFS_MAGIC) {
      return MEMORY_FILE;
    }
    boolean remote =
        system == SysVfs.AFS_SUPER_MAGIC
            || system == SysVfs.CEPH_SUPER_MAGIC
            || system == SysVfs.CIFS_SUPER_MAGIC
            || system == SysVfs.FUSE_SUPER_MAGIC
            || system == SysVfs.NFS_SUPER_MAGIC
            || system == SysVfs.SMB2_SUPER_MAGIC
            || system == SysVfs.V9FS_MAGIC;
    return remote ? REMOTE_FILE : FILE;
  }

  /** The kernel's own name of a block device; empty if there is no sysfs. */
  private static String name(FileStatus status) {
    Path entry = Path.of("/sys/dev/block", status.deviceMajor() + ":" + status.deviceMinor());
    try {
      return "" + entry.toRealPath().getFileName();
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * How to read and write it if nobody says otherwise.
   *
   * @param passesCache whether its page cache is passed by
   */
  EngineKind engine(boolean passesCache) {
    return this == FILE && passesCache ? EngineKind.IO_URING : engine;
  }

  /** Whether to flush it takes no longer than to hand the flush over to another thread. */
  boolean flushesAtOnce() {
    return this == HUGE_PAGES || this == MEMORY_FILE;
  }

  /** Whether its page cache is passed by if nobody says otherwise. */
  boolean direct() {
    return direct;
  }
}
