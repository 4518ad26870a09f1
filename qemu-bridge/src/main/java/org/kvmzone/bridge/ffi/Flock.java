package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct flock} (64-bit layout): a range of a file, and a lock on it that belongs to the
 * open file, not to the process ({@link Fcntl#F_OFD_SETLK}).
 *
 * {@snippet lang=c :
 * struct flock { short l_type; short l_whence; off_t l_start; off_t l_len; pid_t l_pid; };
 * }
 */
public final class Flock {
  /** Bytes of one. */
  public static final long SIZE = 32;

  public static final long l_type$OFFSET = 0;
  public static final long l_whence$OFFSET = 2;
  public static final long l_start$OFFSET = 8;
  public static final long l_len$OFFSET = 16;
  public static final long l_pid$OFFSET = 24;

  private Flock() {}

  /**
   * Locks one byte of a file, without waiting.
   *
   * @param type {@link Fcntl#F_RDLCK}, {@link Fcntl#F_WRLCK} or {@link Fcntl#F_UNLCK}
   * @return 0, or {@code -errno}: -EAGAIN if somebody holds a lock that excludes this one
   */
  public static int set(int fd, int type, long offset) {
    try (Arena arena = Arena.ofConfined()) {
      return Fcntl.fcntl(fd, Fcntl.F_OFD_SETLK, of(arena, type, offset).address());
    }
  }

  /**
   * Asks whether such a lock could be had.
   *
   * @return 1 if it could, 0 if somebody else's excludes it, or {@code -errno}
   */
  public static int test(int fd, int type, long offset) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment lock = of(arena, type, offset);
      int result = Fcntl.fcntl(fd, Fcntl.F_OFD_GETLK, lock.address());
      if (result < 0) {
        return result;
      }
      return lock.get(ValueLayout.JAVA_SHORT, l_type$OFFSET) == Fcntl.F_UNLCK ? 1 : 0;
    }
  }

  private static MemorySegment of(Arena arena, int type, long offset) {
    MemorySegment lock = arena.allocate(SIZE, 8); // whence 0 is SEEK_SET; the pid has to be 0
    lock.set(ValueLayout.JAVA_SHORT, l_type$OFFSET, (short) type);
    lock.set(ValueLayout.JAVA_LONG, l_start$OFFSET, offset);
    lock.set(ValueLayout.JAVA_LONG, l_len$OFFSET, 1);
    return lock;
  }
}
