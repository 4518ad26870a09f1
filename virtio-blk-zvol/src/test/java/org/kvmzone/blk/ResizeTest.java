package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.blk.GuestDisk.Answer;
import org.kvmzone.blk.GuestDisk.Request;
import org.kvmzone.bridge.device.SpecException;

/** A disk that grows while it is in use. */
class ResizeTest {
  private static final long MIB = 1 << 20;

  @TempDir private Path directory;
  private Path path = Path.of("unset");
  private VirtioBlk disk = GuestDisk.device(new FaultyZvol(MIB, BlockSizes.of(512, 4096), false));

  @BeforeEach
  void open() {
    disk.close();
    path = directory.resolve("disk.img");
    disk = device(new RawZvol.Options(path, false, OptionalLong.of(MIB), Optional.empty()));
  }

  private static VirtioBlk device(RawZvol.Options options) {
    return GuestDisk.device(RawZvol.open(options));
  }

  @AfterEach
  void close() {
    disk.close();
  }

  private void lengthOfFile(long length) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(length);
    }
  }

  private long capacity() {
    return 512 * ByteBuffer.wrap(disk.config()).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private void assertRefused(OptionalLong wanted, String message) {
    assertThatThrownBy(() -> disk.resize(wanted))
        .isInstanceOf(SpecException.class)
        .hasMessageEndingWith(message);
    assertThat(capacity()).isEqualTo(MIB);
  }

  @Test
  void aFile_isGrown() throws IOException {
    assertThat(disk.resize(OptionalLong.of(3 * MIB))).isEqualTo(3 * MIB);
    assertThat(Files.size(path)).isEqualTo(3 * MIB);
    assertThat(capacity()).isEqualTo(3 * MIB);
  }

  @Test
  void aQueueThatIsServed_reachesWhatIsNew() {
    GuestDisk guest = new GuestDisk(disk, GuestDisk.ALL);
    Request before = guest.read(2 * MIB / 512, 512);
    assertThat(guest.answer()).isEqualTo(new Answer(before, Status.IOERR, 1));
    disk.resize(OptionalLong.of(3 * MIB));
    Request after = guest.read(2 * MIB / 512, 512);
    assertThat(guest.answer()).isEqualTo(new Answer(after, Status.OK, 513));
  }

  @Test
  void aFileThatHasGrown_isTakenAsItIs_inWholeBlocks() throws IOException {
    lengthOfFile(2 * MIB + 700);
    assertThat(disk.resize(OptionalLong.empty())).isEqualTo(2 * MIB + 512);
    assertThat(capacity()).isEqualTo(2 * MIB + 512);
  }

  @Test
  void lessThanTheGuestHas_isRefused() throws IOException {
    assertRefused(
        OptionalLong.of(MIB - 512),
        "cannot have 1048064 bytes: give 1048576 or more, a multiple of 512");
    assertRefused(OptionalLong.of(MIB + 1), "give 1048576 or more, a multiple of 512");
    assertRefused(OptionalLong.of(-1), "give 1048576 or more, a multiple of 512");
    lengthOfFile(MIB / 2);
    assertRefused(
        OptionalLong.empty(),
        "has 524288 bytes now and had 1048576 when the guest was told: make it as large again");
    lengthOfFile(MIB);
  }

  @Test
  void aReadOnlyFile_isNotGrown() {
    disk.close();
    disk = device(new RawZvol.Options(path, true, OptionalLong.empty(), Optional.empty()));
    assertRefused(OptionalLong.of(2 * MIB), "has 1048576 bytes, not 2097152: grow it first");
  }

  @Test
  void aBlockDevice_isGrownByItsOwnTools() throws Exception {
    disk.close();
    try (LoopDevice loop = LoopDevice.on(path, 512)) {
      disk =
          device(new RawZvol.Options(loop.path(), false, OptionalLong.empty(), Optional.empty()));
      assertRefused(
          OptionalLong.of(2 * MIB),
          "has 1048576 bytes, not 2097152: grow it first (a zvol: zfs set volsize=)");
      lengthOfFile(2 * MIB);
      Command.run("losetup", "--set-capacity", loop.path().toString());
      assertThat(disk.resize(OptionalLong.empty())).isEqualTo(2 * MIB);
      disk.close();
    }
  }
}
