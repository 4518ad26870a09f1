package org.kvmzone.blk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.LostMemory;

/**
 * Moves memory past the page cache; what is not aligned as that takes goes through memory that is,
 * and only that.
 */
final class DirectIo implements Transfer {
  private static final int CHUNK = 256 << 10;

  // A thread's own, as long as a call lasts.
  private static final ThreadLocal<Bounce> BOUNCE = ThreadLocal.withInitial(Bounce::new);

  private final Transfer file;
  private final Alignment alignment;

  private static final class Bounce {
    private final MemorySegment memory = Arena.ofAuto().allocate(CHUNK, 1 << 16);
    private final Buffers piece = new Buffers();
  }

  /** What moves aligned memory is {@code file}. */
  DirectIo(Transfer file, Alignment alignment) {
    this.file = file;
    this.alignment = alignment;
  }

  @Override
  public int read(long offset, Buffers into) {
    return alignment.fits(into) ? file.read(offset, into) : bounce(offset, into, false);
  }

  @Override
  public int write(long offset, Buffers from) {
    return alignment.fits(from) ? file.write(offset, from) : bounce(offset, from, true);
  }

  private int bounce(long offset, Buffers data, boolean write) {
    Bounce bounce = BOUNCE.get();
    for (long done = 0; done < data.bytes(); done += bounce.piece.bytes()) {
      bounce.piece.set(bounce.memory, 0, Math.min(CHUNK, data.bytes() - done));
      int errno = chunk(offset + done, data, done, bounce, write);
      if (errno != 0) {
        return errno;
      }
    }
    return 0;
  }

  private int chunk(long offset, Buffers data, long at, Bounce bounce, boolean write) {
    long length = bounce.piece.bytes();
    try {
      if (write) {
        data.copyTo(at, bounce.memory, 0, length);
        LostMemory.report();
        return file.write(offset, bounce.piece);
      }
      int errno = file.read(offset, bounce.piece);
      if (errno == 0) {
        data.copyFrom(at, bounce.memory, 0, length);
        LostMemory.report();
      }
      return errno;
    } catch (InternalError lost) {
      return Errno.EIO; // the guest's own memory is gone; the kernel would have said EFAULT
    }
  }

  @Override
  public boolean holdsMemory() {
    return false;
  }

  @Override
  public void grow(long size) {}

  @Override
  public void close() {
    file.close();
  }
}
