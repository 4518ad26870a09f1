package org.kvmzone.blk;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.FileStatus;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.LostMemory;
import org.kvmzone.bridge.memory.Mapping;

/**
 * Copies from and to a file of huge pages, which cannot be written otherwise. All of its pages are
 * allocated in the beginning: one that the kernel had not got later would be a SIGBUS.
 */
final class MappedIo implements Transfer {
  private final Fd file;
  private final List<Mapping> mappings = new ArrayList<>(); // former ones too: they may be in use
  private volatile MemorySegment content = MemorySegment.NULL;

  /**
   * Maps a file.
   *
   * @throws VolumeException if there are not enough huge pages
   * @throws org.kvmzone.bridge.ffi.NativeException if it cannot be mapped
   */
  MappedIo(Fd file, long size, String name) {
    this.file = file;
    int result = Fcntl.fallocate(file.number(), 0, 0, size);
    if (result == -Errno.ENOSPC) {
      throw new VolumeException(
          name + " needs " + size + " bytes of huge pages: raise vm.nr_hugepages");
    }
    Errno.check(result, "fallocate " + name);
    grow(size);
  }

  @Override
  public synchronized void grow(long size) {
    Mapping mapping = Mapping.of(file.number(), 0, size, "volume");
    mappings.add(mapping);
    content = mapping.segment();
  }

  @Override
  public int read(long offset, Buffers into) {
    try {
      into.copyFrom(0, content, offset, into.bytes());
      LostMemory.report();
      return 0;
    } catch (InternalError lost) {
      return blame(lost, offset + into.bytes());
    }
  }

  @Override
  public int write(long offset, Buffers from) {
    try {
      from.copyTo(0, content, offset, from.bytes());
      LostMemory.report();
      return 0;
    } catch (InternalError lost) {
      return blame(lost, offset + from.bytes());
    }
  }

  @Override
  public boolean holdsMemory() {
    return true;
  }

  /** A file that was truncated is ours to report; what the guest has lost is for the queue. */
  private int blame(InternalError lost, long end) {
    if (FileStatus.of(file.number()).size() < end) {
      return Errno.EIO;
    }
    throw lost;
  }

  @Override
  public synchronized void close() {
    mappings.forEach(Mapping::close);
    mappings.clear();
  }
}
