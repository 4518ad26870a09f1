package org.kvmzone.bridge.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.SysMman;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.bridge.memory.MemoryRegion.Description;

class MemoryRegionTest {
  private static final int MFD_HUGETLB = 4;

  private static Fd memfd(String name, int flags, long size) {
    try (Arena arena = Arena.ofConfined()) {
      Fd fd = new Fd(Errno.check(SysMman.memfdCreate(arena.allocateFrom(name), flags), "memfd"));
      Errno.check(Unistd.ftruncate(fd.number(), size), "ftruncate");
      return fd;
    }
  }

  private static Fd memfd(long size) {
    return memfd("guest", SysMman.MFD_CLOEXEC, size);
  }

  private static Description description(long size, long fileOffset) {
    return new Description(0x1000, size, 0x7f00_0000_0000L, fileOffset);
  }

  private static List<String> mappingsOf(String name) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .filter(line -> line.contains("memfd:" + name + " "))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({"8192, 0", "8192, 4096", "15120, 0", "15120, 100", "1, 4095"})
  void map_showsTheFileFromItsOffsetOn(long size, long offset) {
    try (Fd fd = memfd(offset + size);
        MemoryRegion whole = MemoryRegion.map(description(offset + size, 0), fd.number());
        MemoryRegion region = MemoryRegion.map(description(size, offset), fd.number())) {
      assertThat(region.segment().byteSize()).isEqualTo(size).isEqualTo(region.size());
      region.segment().set(JAVA_BYTE, 0, (byte) 17);
      whole.segment().set(JAVA_BYTE, offset + size - 1, (byte) 18);
      assertThat(whole.segment().get(JAVA_BYTE, offset)).isEqualTo((byte) (size == 1 ? 18 : 17));
      assertThat(region.segment().get(JAVA_BYTE, size - 1)).isEqualTo((byte) 18);
    }
  }

  @Test
  void map_ofMoreThanTheFileHolds_isRefused() {
    try (Fd fd = memfd(8192)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> MemoryRegion.map(description(8193, 0), fd.number()))
          .withMessage("memory region ends at byte 8193 of a file of 8192 bytes");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> MemoryRegion.map(description(4097, 4096), fd.number()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, 0, size 0",
    "0, -1, 0, 0, size 18446744073709551615",
    "0, 1, 0, -1, file offset 0xffffffffffffffff and size overflow",
    "0, 0x7fffffffffffffff, 0, 1, file offset 0x1 and size overflow",
    "-1, 2, 0, 0, an address range that wraps around",
    "0, 2, -1, 0, an address range that wraps around",
  })
  void fault_namesNumbersThatCannotBe(
      String guest, String size, String user, String offset, String fault) {
    Description description =
        new Description(
            Long.decode(guest), Long.decode(size), Long.decode(user), Long.decode(offset));
    assertThat(description.fault()).contains(fault);
    try (Fd fd = memfd(4096)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> MemoryRegion.map(description, fd.number()))
          .withMessage("memory region with " + fault);
    }
  }

  @Test
  void fault_ofARegionThatEndsWithTheAddressSpace_isNone() {
    assertThat(new Description(-4096, 4096, -4096, 0).fault()).isEmpty();
  }

  @Test
  void overlaps_isWhereEitherSideSharesAnAddress() {
    Description low = new Description(0x1000, 0x1000, 0x9000, 0);
    assertThat(low.overlaps(low)).isTrue();
    assertThat(low.overlaps(new Description(0x2000, 0x1000, 0xa000, 0))).isFalse();
    assertThat(low.overlaps(new Description(0x0000, 0x1000, 0x8000, 0))).isFalse();
    assertThat(low.overlaps(new Description(0x1fff, 1, 0x1_0000, 0))).isTrue();
    assertThat(low.overlaps(new Description(0x10_0000, 1, 0x9000, 0))).isTrue();
    assertThat(low.overlaps(new Description(0, 0x10_0000, 0x10_0000, 0))).isTrue();
    Description last = new Description(-4096, 4096, -4096, 0);
    assertThat(last.overlaps(new Description(0, 4096, 0, 0))).isFalse();
    assertThat(last.overlaps(new Description(-1, 1, 0, 0))).isTrue();
  }

  @Test
  void map_ofWhatCannotBeMapped_isTheKernelsError() {
    try (Fd fd = Fd.open("/proc/self/exe", Fcntl.O_RDONLY);
        Fd event = Fd.event()) {
      assertThatExceptionOfType(NativeException.class)
          .isThrownBy(() -> MemoryRegion.map(description(16, 0), fd.number()))
          .withMessage("mmap of 4096 bytes of memory region: Permission denied");
      assertThatExceptionOfType(NativeException.class)
          .isThrownBy(() -> MemoryRegion.map(description(16, 0), event.number()));
    }
  }

  @Test
  void close_unmapsAndWhoStillHoldsTheSegmentGetsAnException() throws IOException {
    try (Fd fd = memfd("kvmzone-close-test", SysMman.MFD_CLOEXEC, 8192)) {
      MemoryRegion region = MemoryRegion.map(description(5000, 100), fd.number());
      assertThat(mappingsOf("kvmzone-close-test")).hasSize(1);
      MemorySegment kept = region.segment().asSlice(8, 8);
      region.close();
      assertThat(mappingsOf("kvmzone-close-test")).isEmpty();
      assertThatIllegalStateException().isThrownBy(() -> kept.get(JAVA_BYTE, 0));
    }
  }

  @Test
  void hugePages_areMappedAndUnmappedFromAnyOffset() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int number = SysMman.memfdCreate(arena.allocateFrom("kvmzone-huge-test"), MFD_HUGETLB);
      assumeTrue(number >= 0, "this kernel has no huge pages");
      try (Fd fd = new Fd(number)) {
        Errno.check(Unistd.ftruncate(fd.number(), 8L << 20), "ftruncate");
        // An offset that is no multiple of a huge page, as below 4 GiB beside a PCI hole.
        MemoryRegion region = MemoryRegion.map(description(3L << 20, 1L << 20), fd.number());
        assertThat(mappingsOf("kvmzone-huge-test")).hasSize(1);
        region.close();
        assertThat(mappingsOf("kvmzone-huge-test")).isEmpty();
      }
    }
  }

  @Test
  void aFileThatIsTruncatedLater_isAnErrorInJavaAndNoCrash() {
    try (Fd fd = memfd(8192);
        MemoryRegion region = MemoryRegion.map(description(8192, 0), fd.number())) {
      region.segment().set(JAVA_BYTE, 5000, (byte) 1);
      Errno.check(Unistd.ftruncate(fd.number(), 4096), "ftruncate");
      assertThatExceptionOfType(InternalError.class)
          .isThrownBy(() -> region.segment().get(JAVA_BYTE, 5000));
      assertThat(region.segment().get(JAVA_BYTE, 4095)).isZero();
    }
  }

  @Test
  void contains_isExactAndUnsigned() {
    try (Fd fd = memfd(4096);
        MemoryRegion low = MemoryRegion.map(new Description(0x1000, 4096, 0x1000, 0), fd.number());
        MemoryRegion high = MemoryRegion.map(new Description(-4096, 4096, -4096, 0), fd.number())) {
      assertThat(low.contains(0xfff)).isFalse();
      assertThat(low.contains(0x1000)).isTrue();
      assertThat(low.contains(0x1fff)).isTrue();
      assertThat(low.contains(0x2000)).isFalse();
      assertThat(low.contains(-1)).isFalse();
      assertThat(high.contains(-4097)).isFalse();
      assertThat(high.contains(-4096)).isTrue();
      assertThat(high.contains(-1)).isTrue();
      assertThat(high.contains(0)).isFalse();
    }
  }
}
