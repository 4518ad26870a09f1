package org.kvmzone.bridge.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.SysMman;

/**
 * Memory that is zero, and there only from the first write to each page on: for buffers that are
 * seldom full. An arena's own is written to when it is allocated.
 */
public final class Pages {
  private Pages() {}

  /**
   * Allocates memory that begins at a page.
   *
   * @param arena frees it
   * @throws NativeException if the process may not have so much
   */
  public static MemorySegment allocate(long bytes, Arena arena) {
    long address =
        Errno.check(
            SysMman.mmap(
                0,
                bytes,
                SysMman.PROT_READ | SysMman.PROT_WRITE,
                SysMman.MAP_PRIVATE | SysMman.MAP_ANONYMOUS,
                -1,
                0),
            "mmap of " + bytes + " bytes");
    return MemorySegment.ofAddress(address).reinterpret(bytes, arena, Pages::free);
  }

  /** Makes all of the memory zero, and takes none until it is written to again. */
  public static void forget(MemorySegment pages) {
    int ignored = SysMman.madvise(pages.address(), pages.byteSize(), SysMman.MADV_DONTNEED);
  }

  private static void free(MemorySegment pages) {
    int ignored = SysMman.munmap(pages.address(), pages.byteSize()); // fails on a bad range only
  }
}
