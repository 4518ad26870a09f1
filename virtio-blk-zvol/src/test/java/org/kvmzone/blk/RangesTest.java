package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.memory.Buffers;

/** Zeroes by a discard, as on a volume of OpenZFS; a loop device's reads as zeroes, too. */
class RangesTest {
  private static final int SIZE = 1 << 20;
  private static final int SECTOR = 512;

  @TempDir private Path directory;

  private static long blocks(Path file) {
    return Long.parseLong(Command.run("stat", "-c", "%b", "" + file).output().strip());
  }

  @Test
  void wholeBlocksAreDiscarded_andWhatIsBeforeAndBehindThemIsFilled() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Path file = directory.resolve("device.img");
    try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
      made.setLength(SIZE);
    }
    try (LoopDevice device = LoopDevice.on(file, SECTOR);
        Fd open = Fd.open("" + device.path(), Fcntl.O_RDWR | Fcntl.O_DIRECT)) {
      Transfer transfer = new DirectIo(new VectoredIo(open), new Alignment(SECTOR, SECTOR));
      byte[] expected = new byte[SIZE];
      for (int round = 0; round < 200; round++) {
        if (round % 20 == 0) {
          random.nextBytes(expected);
          assertThat(transfer.write(0, Memory.of(expected))).isZero();
        }
        Ranges ranges = new Ranges(open, true, 1 << (12 + random.nextInt(5)), transfer);
        int from = random.nextInt(SIZE / SECTOR);
        int to = from + 1 + random.nextInt(Math.min(400, SIZE / SECTOR - from));
        assertThat(ranges.writeZeroes((long) from * SECTOR, (long) (to - from) * SECTOR, true))
            .as("seed %s", seed)
            .isZero();
        Arrays.fill(expected, from * SECTOR, to * SECTOR, (byte) 0);
        Buffers all = Memory.room(SIZE);
        assertThat(transfer.read(0, all)).isZero();
        assertThat(Memory.bytes(all)).as("seed %s, round %s", seed, round).isEqualTo(expected);
      }
      Ranges ranges = new Ranges(open, true, 1 << 16, transfer);
      assertThat(ranges.writeZeroes(SECTOR, SIZE - SECTOR, true)).isZero();
      assertThat(blocks(file)).as("512-byte blocks in use").isLessThanOrEqualTo(256);
    }
  }
}
