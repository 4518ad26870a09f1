package org.kvmzone.bridge.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.Unistd;

class PagesTest {
  private static final long SIZE = 1L << 30;

  /** Fields of /proc/self/statm, proc_pid_statm(5). */
  private static final int MAPPED = 0;

  private static final int RESIDENT = 1;

  private static long bytes(int field) throws IOException {
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[field];
    return Long.parseLong(pages) * Unistd.getpagesize();
  }

  @Test
  void allocate_takesRoomForWhatIsWrittenTo() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      long before = bytes(RESIDENT);
      MemorySegment pages = Pages.allocate(SIZE, arena);
      assertThat(pages.byteSize()).isEqualTo(SIZE);
      assertThat(pages.get(JAVA_BYTE, SIZE - 1)).isZero();
      pages.set(JAVA_BYTE, SIZE - 1, (byte) 1);
      assertThat(pages.get(JAVA_BYTE, SIZE - 1)).isEqualTo((byte) 1);
      assertThat(bytes(RESIDENT) - before).isLessThan(SIZE / 4);
    }
  }

  @Test
  void closingTheArena_givesThemBack() throws IOException {
    long before = bytes(MAPPED);
    try (Arena arena = Arena.ofConfined()) {
      assertThat(Pages.allocate(SIZE, arena).address() % Unistd.getpagesize()).isZero();
      assertThat(bytes(MAPPED) - before).isGreaterThan(SIZE / 2);
    }
    assertThat(bytes(MAPPED) - before).isLessThan(SIZE / 2);
  }

  @Test
  void allocate_ofMoreThanThereIs_isRefused() {
    assertThatExceptionOfType(NativeException.class)
        .isThrownBy(() -> Pages.allocate(1L << 60, Arena.global()))
        .withMessage("mmap of " + (1L << 60) + " bytes: Cannot allocate memory");
  }
}
