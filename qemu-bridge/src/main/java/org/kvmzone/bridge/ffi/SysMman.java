package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/** {@code <sys/mman.h>}: mapped memory and files that live in it. */
public final class SysMman {
  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  public static final int MAP_SHARED = 1;
  public static final int MAP_PRIVATE = 2;
  public static final int MAP_ANONYMOUS = 0x20;
  public static final int MAP_NORESERVE = 0x4000;
  public static final int MADV_DONTNEED = 4;
  public static final int MFD_CLOEXEC = 1;
  public static final int MFD_ALLOW_SEALING = 2;

  private static final CFunction MMAP = CFunction.named("mmap");
  private static final CFunction MUNMAP = CFunction.named("munmap");
  private static final CFunction MADVISE = CFunction.named("madvise");
  private static final CFunction MEMFD_CREATE = CFunction.named("memfd_create");

  private SysMman() {}

  /**
   * Maps a file; the result is its address.
   *
   * {@snippet lang=c :
   * void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long mmap(
      long address, long length, int protection, int flags, int fd, long offset) {
    return MMAP.callLong(address, length, protection, flags, fd, offset);
  }

  /**
   * Unmaps {@code length} bytes at {@code address}.
   *
   * {@snippet lang=c :
   * int munmap(void *addr, size_t length);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int munmap(long address, long length) {
    return MUNMAP.call(address, length);
  }

  /**
   * Says what is to become of the pages of {@code length} bytes at {@code address}.
   *
   * {@snippet lang=c :
   * int madvise(void *addr, size_t length, int advice);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int madvise(long address, long length, int advice) {
    return MADVISE.call(address, length, advice);
  }

  /**
   * A file that lives in memory only.
   *
   * {@snippet lang=c :
   * int memfd_create(const char *name, unsigned int flags);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int memfdCreate(MemorySegment name, int flags) {
    return MEMFD_CREATE.call(name.address(), flags);
  }
}
