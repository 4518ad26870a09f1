package org.kvmzone.blk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.LinuxFalloc;
import org.kvmzone.bridge.ffi.LinuxFs;
import org.kvmzone.bridge.ffi.SysIoctl;
import org.kvmzone.bridge.memory.Buffers;

/**
 * Discards ranges of a file or block device, and fills them with zeroes, by whatever the file
 * system or device can do best. Used by one thread.
 */
final class Ranges {
  private static final int HOLE =
      LinuxFalloc.FALLOC_FL_PUNCH_HOLE | LinuxFalloc.FALLOC_FL_KEEP_SIZE;
  private static final int ZERO =
      LinuxFalloc.FALLOC_FL_ZERO_RANGE | LinuxFalloc.FALLOC_FL_KEEP_SIZE;
  private static final long CHUNK = 1 << 20; // of zeroes that are written at once
  private static final MemorySegment ZEROES = Arena.global().allocate(1 << 16, 1 << 16);

  private final Fd file;
  private final boolean device;
  private final int freed;
  private final Transfer transfer;
  private final MemorySegment range = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, 2);
  private final Buffers chunk = new Buffers();

  /**
   * Ranges of a file or device.
   *
   * @param device whether the descriptor is a block device's
   * @param freed bytes of the blocks that a discard frees whole, and that read as zeroes then; 0 if
   *     what reads after a discard is undefined
   */
  Ranges(Fd file, boolean device, int freed, Transfer transfer) {
    this.file = file;
    this.device = device;
    this.freed = freed;
    this.transfer = transfer;
  }

  /** Frees a range if that can be done. @return 0 or an errno */
  int discard(long offset, long length) {
    if (transfer.holdsMemory()) {
      return 0;
    }
    int errno =
        device ? ioctl(LinuxFs.BLKDISCARD, offset, length) : fallocate(HOLE, offset, length);
    return isUnsupported(errno) ? 0 : errno;
  }

  /** Makes a range read as zeroes. @return 0 or an errno */
  int writeZeroes(long offset, long length, boolean mayUnmap) {
    if (transfer.holdsMemory()) {
      return write(offset, length);
    }
    int errno = Errno.EOPNOTSUPP;
    if (mayUnmap) {
      errno =
          freed > 0
              ? discardAndFill(offset, length)
              : fallocate(HOLE, offset, length); // holes read as zeroes, on block devices too
    }
    return isUnsupported(errno) ? fill(offset, length) : errno;
  }

  /** Discards the whole blocks in a range, and fills what is before and behind them. */
  private int discardAndFill(long offset, long length) {
    long end = offset + length;
    long from = Math.min(end, Math.ceilDiv(offset, freed) * freed);
    long to = Math.max(from, end / freed * freed);
    int errno = from < to ? ioctl(LinuxFs.BLKDISCARD, from, to - from) : 0;
    if (errno == 0) {
      errno = fill(offset, from - offset);
    }
    return errno == 0 ? fill(to, end - to) : errno;
  }

  /** Fills a range, which keeps its space. */
  private int fill(long offset, long length) {
    if (length == 0) {
      return 0;
    }
    int errno =
        device ? ioctl(LinuxFs.BLKZEROOUT, offset, length) : fallocate(ZERO, offset, length);
    return isUnsupported(errno) ? write(offset, length) : errno;
  }

  private int write(long offset, long length) {
    for (long done = 0; done < length; done += chunk.bytes()) {
      long end = Math.min(CHUNK, length - done);
      chunk.clear();
      while (chunk.bytes() < end) {
        chunk.add(ZEROES, 0, Math.min(ZEROES.byteSize(), end - chunk.bytes()));
      }
      int errno = transfer.write(offset + done, chunk);
      if (errno != 0) {
        return errno;
      }
    }
    return 0;
  }

  private int fallocate(int mode, long offset, long length) {
    int result;
    do {
      result = Fcntl.fallocate(file.number(), mode, offset, length);
    } while (result == -Errno.EINTR);
    return -result;
  }

  private int ioctl(long request, long offset, long length) {
    range.setAtIndex(ValueLayout.JAVA_LONG, 0, offset);
    range.setAtIndex(ValueLayout.JAVA_LONG, 1, length);
    int result;
    do {
      result = SysIoctl.ioctl(file.number(), request, range.address());
    } while (result == -Errno.EINTR);
    return -result;
  }

  private static boolean isUnsupported(int errno) {
    return errno == Errno.EOPNOTSUPP || errno == Errno.ENOTTY;
  }
}
