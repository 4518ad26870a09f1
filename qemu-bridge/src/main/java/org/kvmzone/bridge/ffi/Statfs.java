package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What {@code struct statfs} of {@code <sys/vfs.h>} (64-bit layout) says of an open file's file
 * system.
 *
 * {@snippet lang=c :
 * struct statfs { __fsword_t f_type; __fsword_t f_bsize; };  // and more that is not used here
 * }
 *
 * @param type a magic number
 * @param blockSize bytes; of huge pages, the page's
 */
public record Statfs(long type, long blockSize) {
  /** Bytes of the structure. */
  public static final long SIZE = 120;

  public static final long f_type$OFFSET = 0;
  public static final long f_bsize$OFFSET = 8;

  /**
   * The file system that an open descriptor is on.
   *
   * @throws NativeException if there is no such descriptor
   */
  public static Statfs of(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(SIZE, 8);
      Errno.check(SysVfs.fstatfs(fd, buffer), "fstatfs of descriptor " + fd);
      return new Statfs(
          buffer.get(ValueLayout.JAVA_LONG, f_type$OFFSET),
          buffer.get(ValueLayout.JAVA_LONG, f_bsize$OFFSET));
    }
  }

  /** Whether its files are made of huge pages. */
  public boolean isHugePages() {
    return type == SysVfs.HUGETLBFS_MAGIC;
  }
}
