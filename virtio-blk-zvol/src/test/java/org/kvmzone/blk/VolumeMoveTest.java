package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.memory.Buffers;

/** How two volumes hand one storage over when a guest moves from one's host to the other's. */
class VolumeMoveTest {
  @TempDir private Path directory;
  private Path path = Path.of("");

  @BeforeEach
  void create() throws IOException {
    path = directory.resolve("disk.img");
    setLength(1 << 20);
  }

  private void setLength(long bytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(bytes);
    }
  }

  private static RawZvol open(Path path, boolean incoming) {
    return RawZvol.open(
        new RawZvol.Options(path, false, OptionalLong.empty(), Optional.empty(), incoming));
  }

  private static void assertInUse(RawZvol zvol) {
    assertThat(zvol.claim())
        .hasValueSatisfying(why -> assertThat(why).startsWith(zvol.name() + " is in use by this"));
  }

  private static void write(RawZvol zvol, byte[] bytes) {
    TestRequest request = new TestRequest();
    request.write(4096, Memory.of(bytes));
    assertThat(request.on(zvol)).isZero();
  }

  private static byte[] read(RawZvol zvol, int length) {
    Buffers room = Memory.room(length);
    TestRequest request = new TestRequest();
    request.read(4096, room);
    assertThat(request.on(zvol)).isZero();
    return Memory.bytes(room);
  }

  @Test
  void aFile_isTheGuestsThatRunsOnIt() throws IOException {
    long before = descriptors();
    moves(path);
    assertThat(descriptors()).isEqualTo(before);
  }

  @Test
  void aDevice_isTheGuestsThatRunsOnIt() throws Exception {
    try (LoopDevice device = LoopDevice.on(path, 512)) {
      moves(device.path());
    }
  }

  /** To the other host and back. */
  private static void moves(Path path) {
    byte[] first = new byte[4096];
    byte[] second = new byte[4096];
    first[7] = 1;
    second[7] = 2;
    try (RawZvol here = open(path, false);
        RawZvol there = open(path, true)) {
      assertInUse(there);
      write(here, first);
      here.letGo();
      assertThat(there.claim()).isEmpty();
      assertThat(read(there, 4096)).isEqualTo(first);
      assertInUse(here);

      write(there, second);
      there.letGo();
      assertThat(here.claim()).isEmpty();
      assertThat(read(here, 4096)).isEqualTo(second);
      assertInUse(there);
    }
  }

  @Test
  void aGuestThatGoesOnHereAfterAll_hasItsDisk() {
    try (RawZvol here = open(path, false);
        RawZvol there = open(path, true)) {
      for (int i = 0; i < 100; i++) {
        here.letGo();
        assertThat(here.claim()).isEmpty();
      }
      assertInUse(there);
      assertThat(here.claim()).as("again").isEmpty();
    }
  }

  @Test
  void whatHasGrownElsewhere_isLargerHere() throws IOException {
    try (RawZvol here = open(path, true)) {
      setLength(2 << 20);
      assertThat(here.claim()).isEmpty();
      assertThat(here.size()).isEqualTo(2 << 20);
    }
  }

  @Test
  void whatHasShrunk_isNotUsed() throws IOException {
    try (RawZvol here = open(path, true)) {
      setLength(1 << 19);
      assertThat(here.claim())
          .hasValueSatisfying(why -> assertThat(why).contains("has 524288 bytes now"));
    }
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }
}
