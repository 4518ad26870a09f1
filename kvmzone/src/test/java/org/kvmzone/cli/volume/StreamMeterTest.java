package org.kvmzone.cli.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;

/** Streams that are counted on their way. */
@Timeout(60)
class StreamMeterTest {
  private static final int LENGTH = 3_000_001;

  @TempDir private Path directory;
  private final AtomicLong counted = new AtomicLong();

  private static byte[] bytes() {
    byte[] bytes = new byte[LENGTH];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  @Test
  void whatIsWritten_comesOutWholeAndCounted() throws IOException {
    Path file = Files.createFile(directory.resolve("out"));
    try (Fd out = Fd.open(file.toString(), Fcntl.O_WRONLY);
        Arena arena = Arena.ofConfined()) {
      MemorySegment stream = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes());
      StreamMeter.out(out.number(), counted::set, fd -> FdBytes.write(fd, stream, LENGTH));
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes());
    assertThat(counted).hasValue(LENGTH);
  }

  @Test
  void whatIsRead_comesInWholeAndCounted() throws IOException {
    Path file = Files.write(directory.resolve("in"), bytes());
    try (Fd in = Fd.open(file.toString(), Fcntl.O_RDONLY)) {
      byte[] read = StreamMeter.in(in.number(), counted::set, fd -> FdBytes.read(fd, LENGTH));
      assertThat(read).isEqualTo(bytes());
    }
    assertThat(counted).hasValue(LENGTH);
  }

  @Test
  void readerThatStops_isNotWaitedFor() throws IOException {
    Path file = Files.write(directory.resolve("in"), bytes());
    try (Fd in = Fd.open(file.toString(), Fcntl.O_RDONLY)) {
      byte[] read = StreamMeter.in(in.number(), counted::set, fd -> FdBytes.read(fd, 10));
      assertThat(read).hasSize(10);
    }
  }

  @Test
  void shortStream_isReadToItsEnd() throws IOException {
    Path file = Files.write(directory.resolve("in"), new byte[5]);
    try (Fd in = Fd.open(file.toString(), Fcntl.O_RDONLY)) {
      assertThat(FdBytes.read(in.number(), 312)).hasSize(5);
    }
  }
}
