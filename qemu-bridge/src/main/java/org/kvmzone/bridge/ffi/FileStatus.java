package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What {@code struct statx} of {@code <linux/stat.h>} says of an open file.
 *
 * @param mode type and permissions, as in {@link SysStat}
 * @param inode the file's number on its device
 * @param size bytes; 0 for devices
 * @param deviceMajor of a device file, the device itself; likewise {@code deviceMinor}
 * @param directMemory what memory is aligned to, in bytes, that is read and written past the page
 *     cache; 0 if the kernel does not say
 * @param directOffset likewise what offsets and lengths are aligned to
 */
public record FileStatus(
    int mode,
    long inode,
    long size,
    int deviceMajor,
    int deviceMinor,
    int onMajor,
    int onMinor,
    int directMemory,
    int directOffset) {
  static final long SIZE = 256;
  static final long stx_mode$OFFSET = 28;
  static final long stx_ino$OFFSET = 32;
  static final long stx_size$OFFSET = 40;
  static final long stx_rdev_major$OFFSET = 128;
  static final long stx_rdev_minor$OFFSET = 132;
  static final long stx_dev_major$OFFSET = 136;
  static final long stx_dev_minor$OFFSET = 140;
  static final long stx_dio_mem_align$OFFSET = 152;
  static final long stx_dio_offset_align$OFFSET = 156;

  /**
   * The status of an open descriptor.
   *
   * @throws NativeException if there is no such descriptor
   */
  public static FileStatus of(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(SIZE, 8);
      Errno.check(
          SysStat.statx(
              fd,
              arena.allocateFrom(""),
              SysStat.AT_EMPTY_PATH,
              SysStat.STATX_BASIC_STATS | SysStat.STATX_DIOALIGN,
              buffer),
          "statx of descriptor " + fd);
      return new FileStatus(
          buffer.get(ValueLayout.JAVA_SHORT, stx_mode$OFFSET) & 0xffff,
          buffer.get(ValueLayout.JAVA_LONG, stx_ino$OFFSET),
          buffer.get(ValueLayout.JAVA_LONG, stx_size$OFFSET),
          buffer.get(ValueLayout.JAVA_INT, stx_rdev_major$OFFSET),
          buffer.get(ValueLayout.JAVA_INT, stx_rdev_minor$OFFSET),
          buffer.get(ValueLayout.JAVA_INT, stx_dev_major$OFFSET),
          buffer.get(ValueLayout.JAVA_INT, stx_dev_minor$OFFSET),
          buffer.get(ValueLayout.JAVA_INT, stx_dio_mem_align$OFFSET),
          buffer.get(ValueLayout.JAVA_INT, stx_dio_offset_align$OFFSET));
    }
  }

  /** Whether this is a regular file. */
  public boolean isRegularFile() {
    return (mode & SysStat.S_IFMT) == SysStat.S_IFREG;
  }

  /** Whether this is a block device. */
  public boolean isBlockDevice() {
    return (mode & SysStat.S_IFMT) == SysStat.S_IFBLK;
  }
}
