package org.kvmzone.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.kvmzone.packet.testing.Frames;
import org.kvmzone.packet.testing.Seeds;

class ChecksumTest {
  @Test
  void exampleOfRfc1071() {
    byte[] bytes = Frames.octets(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);

    assertThat(Checksum.of(MemorySegment.ofArray(bytes), 0, 8)).isEqualTo(~0xddf2 & 0xffff);
  }

  @Test
  void agreesWithTheBookAtEveryLengthAndOffset() {
    SplittableRandom random = Seeds.random();
    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = new byte[random.nextInt(1, 1600)];
      random.nextBytes(bytes);
      if (random.nextInt(4) == 0) {
        Arrays.fill(bytes, (byte) 0xff);
      }
      int start = random.nextInt(bytes.length);
      int expected = Frames.checksum(Arrays.copyOfRange(bytes, start, bytes.length));

      assertThat(Checksum.of(MemorySegment.ofArray(bytes), start, bytes.length - start))
          .as(Seeds.repeat())
          .isEqualTo(expected);
    }
  }

  @Test
  void piecesAddUp() {
    byte[] bytes = new byte[101];
    Seeds.random().nextBytes(bytes);
    MemorySegment segment = MemorySegment.ofArray(bytes);
    for (int cut = 0; cut <= bytes.length; cut += 2) {
      long sum = Checksum.add(Checksum.add(0, segment, 0, cut), segment, cut, bytes.length - cut);

      assertThat(Checksum.fold(sum)).as(Seeds.repeat()).isEqualTo(Frames.checksum(bytes));
    }
  }

  @Test
  void rightChecksumFoldsToZero() {
    byte[] header = Frames.ipv4("192.0.2.1", "255.255.255.255", 17, new byte[0]);

    assertThat(Checksum.of(MemorySegment.ofArray(header), 0, 20)).isZero();
    header[3]++;
    assertThat(Checksum.of(MemorySegment.ofArray(header), 0, 20)).isNotZero();
  }
}
