package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Unistd;

/** The contract, on a file of huge pages, which is mapped. */
class HugePagesZvolTest extends ZvolContractTest {
  private static final int MFD_HUGETLB = 4;
  private static final Path POOL = Path.of("/proc/sys/vm/nr_hugepages");
  private static final long PAGE = 2 << 20;

  private final String before = reserve();
  private final Fd file = file(SIZE);

  /** Besides what others use, for as long as it is needed; returns how many there were. */
  private static String reserve() {
    assumeTrue(Files.isWritable(POOL), "huge pages cannot be reserved: volumes on them not tested");
    try {
      // Not readString: that reads a byte first, and the kernel gives such a number once only.
      String now = Files.readAllLines(POOL).getFirst().trim();
      Files.writeString(POOL, "" + (Long.parseLong(now) + 2 * SIZE / PAGE));
      boolean enough = free() >= 2 * SIZE / PAGE;
      if (!enough) {
        Files.writeString(POOL, now);
      }
      assumeTrue(enough, "no memory for huge pages: volumes on them are not tested");
      return now;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long free() throws IOException {
    return Files.readAllLines(Path.of("/proc/meminfo")).stream()
        .filter(line -> line.startsWith("HugePages_Free:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findAny()
        .orElse(0);
  }

  private static Fd file(long size) {
    return Fd.memory("volume", size, MFD_HUGETLB);
  }

  @Override
  Zvol open(boolean readOnly) {
    return volume(file, readOnly);
  }

  private static Zvol volume(Fd fd, boolean readOnly) {
    return RawZvol.open(
        new RawZvol.Options(
            Path.of("/proc/self/fd/" + fd.number()),
            readOnly,
            OptionalLong.empty(),
            Optional.empty()));
  }

  @Test
  void aVolumeForWhichThereAreNotEnoughPages_isRefusedInOneLine() {
    try (Fd large = file(1L << 46)) {
      assertThatThrownBy(() -> volume(large, false))
          .isInstanceOf(VolumeException.class)
          .hasMessageMatching("[^\\n]*huge pages: raise vm.nr_hugepages");
    }
  }

  @Test
  void aFileThatIsTruncated_isAnError() {
    try (Fd other = file(SIZE);
        Zvol zvol = volume(other, false)) {
      Errno.check(Unistd.ftruncate(other.number(), SIZE / 2), "ftruncate");
      TestRequest request = new TestRequest();
      request.read(SIZE - 4096, Memory.room(4096));
      assertThat(request.on(zvol)).isEqualTo(Errno.EIO);
      request.write(SIZE - 4096, Memory.room(4096));
      assertThat(request.on(zvol)).isEqualTo(Errno.EIO);
      request.read(0, Memory.room(4096));
      assertThat(request.on(zvol)).isZero();
    }
  }

  @AfterEach
  void release() throws IOException {
    file.close();
    Files.writeString(POOL, before);
  }
}
