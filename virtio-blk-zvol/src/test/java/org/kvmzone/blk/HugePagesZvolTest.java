package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysMman;
import org.kvmzone.bridge.ffi.Unistd;

/** The contract, on a file of huge pages, which is mapped. */
class HugePagesZvolTest extends ZvolContractTest {
  private static final int MFD_HUGETLB = 4;
  private static final Path POOL = Path.of("/proc/sys/vm/nr_overcommit_hugepages");
  private static final long PAGE = 2 << 20;

  private final String before = read();
  private final Fd file = file(SIZE);

  private static String read() {
    try {
      return Files.readString(POOL).trim();
    } catch (IOException e) {
      return "0";
    }
  }

  private static Fd file(long size) {
    try (Arena arena = Arena.ofConfined()) {
      int number = SysMman.memfdCreate(arena.allocateFrom("volume"), MFD_HUGETLB);
      assumeTrue(number >= 0, "this kernel has no huge pages: volumes on them are not tested");
      Fd fd = new Fd(number);
      Errno.check(Unistd.ftruncate(fd.number(), size), "ftruncate");
      return fd;
    }
  }

  /** Besides those that are reserved, which others may be using: for as long as they are needed. */
  @BeforeEach
  @Override
  void open() throws Exception {
    assumeTrue(Files.isWritable(POOL), "huge pages cannot be reserved: not tested");
    Files.writeString(POOL, "" + (Long.parseLong(before) + 2 * SIZE / PAGE));
    super.open();
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
    if (!read().equals(before)) {
      Files.writeString(POOL, before);
    }
  }
}
