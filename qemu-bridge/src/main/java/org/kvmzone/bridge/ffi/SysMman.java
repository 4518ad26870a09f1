package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <sys/mman.h>}: mapped memory and files that live in it. */
public final class SysMman {
  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  public static final int MAP_SHARED = 1;
  public static final int MAP_NORESERVE = 0x4000;
  public static final int MFD_CLOEXEC = 1;
  public static final int MFD_ALLOW_SEALING = 2;

  private static final MethodHandle MMAP =
      Native.capturing(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle MUNMAP =
      Native.capturing(
          "munmap",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle MEMFD_CREATE =
      Native.capturing(
          "memfd_create",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

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
    MemorySegment state = Errno.state();
    try {
      return Errno.result(
          (long) MMAP.invokeExact(state, address, length, protection, flags, fd, offset), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
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
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) MUNMAP.invokeExact(state, address, length), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
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
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) MEMFD_CREATE.invokeExact(state, name, flags), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
