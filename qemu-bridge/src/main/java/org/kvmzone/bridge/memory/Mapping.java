package org.kvmzone.bridge.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.FileStatus;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.Statfs;
import org.kvmzone.bridge.ffi.SysMman;

/** A part of a file that another process chose, mapped to be read, written and shared. */
public final class Mapping implements AutoCloseable {
  private final Arena arena;
  private final MemorySegment segment;

  private Mapping(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  /**
   * Maps a part of {@code fd}, which stays the caller's.
   *
   * @param offset where the part begins, in bytes; need not be a multiple of a page's size
   * @param length bytes, more than 0
   * @param what it is for, in errors
   * @throws IllegalArgumentException if there is no such part, or the file is too short for it:
   *     touching what a file lacks is a SIGBUS
   * @throws NativeException if the kernel refuses
   */
  public static Mapping of(int fd, long offset, long length, String what) {
    long end = offset + length;
    if (offset < 0 || length <= 0 || end < 0) {
      throw new IllegalArgumentException(
          "%s of %s bytes at %s of its file"
              .formatted(what, Long.toUnsignedString(length), Long.toUnsignedString(offset)));
    }
    FileStatus status = FileStatus.of(fd);
    if (status.isRegularFile() && status.size() < end) {
      throw new IllegalArgumentException(
          "%s ends at byte %d of a file of %d bytes".formatted(what, end, status.size()));
    }
    // From the file's beginning: a huge page's mapping has to begin at a multiple of its size, and
    // the offset that the front end gives need not be one (vhost-user.md T6).
    long mapped = mappedLength(fd, end);
    long address =
        Errno.check(
            SysMman.mmap(
                0,
                mapped,
                SysMman.PROT_READ | SysMman.PROT_WRITE,
                SysMman.MAP_SHARED | SysMman.MAP_NORESERVE,
                fd,
                0),
            "mmap of " + mapped + " bytes of " + what);
    Arena arena = Arena.ofShared();
    MemorySegment whole =
        MemorySegment.ofAddress(address).reinterpret(end, arena, gone -> unmap(gone, mapped));
    return new Mapping(arena, whole.asSlice(offset, length));
  }

  private static void unmap(MemorySegment whole, long length) {
    int ignored = SysMman.munmap(whole.address(), length); // fails on a bad range only
  }

  /** mmap rounds a length up by itself, munmap of huge pages does not. */
  private static long mappedLength(int fd, long length) {
    Statfs system = Statfs.of(fd);
    long page = system.isHugePages() ? system.blockSize() : 4096;
    return (length + page - 1) / page * page;
  }

  /** The mapped part: byte 0 is at the offset. */
  public MemorySegment segment() {
    return segment;
  }

  /** Unmaps; whoever still holds the segment gets an {@code IllegalStateException} from it. */
  @Override
  public void close() {
    arena.close();
  }
}
