package org.kvmzone.cli.volume;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Unistd;

/** Whole reads and writes of descriptors that are handed to the kernel otherwise. */
final class FdBytes {
  private FdBytes() {}

  /**
   * Reads this many bytes, and not one more; fewer if there are no more.
   *
   * @throws org.kvmzone.bridge.ffi.NativeException if that fails
   */
  static byte[] read(int fd, int length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(length);
      long done = 0;
      while (done < length) {
        long got = Unistd.read(fd, buffer.address() + done, length - done);
        if (got == -Errno.EINTR) {
          continue;
        }
        if (Errno.check(got, "read the stream") == 0) {
          break;
        }
        done += got;
      }
      return Arrays.copyOf(buffer.toArray(ValueLayout.JAVA_BYTE), (int) done);
    }
  }

  /**
   * Writes all of it.
   *
   * @throws org.kvmzone.bridge.ffi.NativeException if that fails
   */
  static void write(int fd, MemorySegment bytes, long length) {
    long done = 0;
    while (done < length) {
      long put = Unistd.write(fd, bytes.address() + done, length - done);
      if (put != -Errno.EINTR) {
        done += Errno.check(put, "write the stream");
      }
    }
  }
}
