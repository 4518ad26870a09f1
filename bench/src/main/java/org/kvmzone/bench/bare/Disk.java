package org.kvmzone.bench.bare;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.FileStatus;
import org.kvmzone.bridge.memory.Mapping;

/**
 * What requests read and write.
 *
 * @param bytes of the disk
 * @param memory that holds them; of no length if nothing is kept
 */
record Disk(long bytes, MemorySegment memory) {
  static final int SECTOR = 512;

  /** A disk that answers, and moves no bytes: what QEMU calls null-co. */
  static Disk nothing() {
    return new Disk(1L << 30, Arena.global().allocate(0));
  }

  /** A mapped file. */
  @SuppressWarnings("resource") // mapped until the process ends
  static Disk of(Path file) {
    try (Fd fd = Fd.open(file.toString(), Fcntl.O_RDWR)) {
      long bytes = FileStatus.of(fd.number()).size();
      return new Disk(bytes, Mapping.of(fd.number(), 0, bytes, file.toString()).segment());
    }
  }

  boolean isNull() {
    return memory.byteSize() == 0;
  }
}
