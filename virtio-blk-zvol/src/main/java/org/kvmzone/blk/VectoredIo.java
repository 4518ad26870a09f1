package org.kvmzone.blk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Iovec;
import org.kvmzone.bridge.ffi.SysUio;
import org.kvmzone.bridge.memory.Buffers;

/** Moves whole lists of memory from and to a file, by a system call for each. */
final class VectoredIo implements Transfer {
  // A thread's own: its iovecs must not change before its call returns.
  private static final ThreadLocal<MemorySegment> IOVECS =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Iovec.LAYOUT, Iovec.IOV_MAX));

  private final Fd file;

  VectoredIo(Fd file) {
    this.file = file;
  }

  @Override
  public int read(long offset, Buffers into) {
    return move(offset, into, false);
  }

  @Override
  public int write(long offset, Buffers from) {
    return move(offset, from, true);
  }

  @Override
  public boolean holdsMemory() {
    return false;
  }

  @Override
  public void grow(long size) {}

  @Override
  public void close() {}

  private int move(long offset, Buffers data, boolean write) {
    MemorySegment iovecs = IOVECS.get();
    long address = iovecs.address();
    long total = data.bytes();
    int piece = 0;
    long skip = 0; // bytes of the piece that were moved already
    for (long done = 0; done < total; ) {
      int count = data.toIovecs(piece, iovecs);
      if (skip > 0) {
        Iovec.set(iovecs, 0, data.address(piece) + skip, data.length(piece) - skip);
      }
      long moved =
          write
              ? SysUio.pwritev(file.number(), address, count, offset + done)
              : SysUio.preadv(file.number(), address, count, offset + done);
      if (moved == -Errno.EINTR) {
        continue;
      }
      if (moved <= 0) {
        return moved == 0 ? Errno.EIO : Transfer.error((int) -moved);
      }
      done += moved;
      skip += moved;
      while (piece < data.count() && skip >= data.length(piece)) {
        skip -= data.length(piece++);
      }
    }
    return 0;
  }
}
