package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.memory.Buffers;

/** What the parser makes of the lists that discards and fillings with zeroes come with. */
class SegmentsTest {
  private static final int DISCARD = GuestDisk.DISCARD;
  private static final int ZEROES = GuestDisk.WRITE_ZEROES;
  private static final long SIZE = 1L << 40; // of nothing

  private final RequestParser parser =
      new RequestParser(new NullZvol(SIZE, false, BlockSizes.of(512, 4096)));
  private final BlockRequest request = new BlockRequest(new Handover<>(), () -> {});

  private static byte[] bytes(int type, long... fields) {
    byte[] list = GuestDisk.segments(fields);
    byte[] all = Arrays.copyOf(GuestDisk.header(type, -1), 16 + list.length); // its sector: unused
    System.arraycopy(list, 0, all, 16, list.length);
    return all;
  }

  private @Nullable BadRequest parse(int type, long... fields) {
    return parser.parse(Memory.of(bytes(type, fields)), Memory.room(1), request);
  }

  @Test
  void ranges_areTakenOneAfterTheOther() {
    assertThat(parse(DISCARD, 8, 16, 0, 0, 1, 0)).isNull();
    assertThat(request.bytes()).isEqualTo(17 * 512);
    assertThat(request.op()).isEqualTo(ZvolRequest.Op.DISCARD);
    assertThat(request.offset()).isEqualTo(8 * 512);
    assertThat(request.length()).isEqualTo(16 * 512);
    assertThat(request.advance()).isTrue();
    assertThat(request.offset()).isZero();
    assertThat(request.length()).isEqualTo(512);
    assertThat(request.advance()).isFalse();
    assertThat(request.length()).as("of what was the last").isEqualTo(512);
  }

  @Test
  void theNextRequest_hasNothingOfTheOneBefore() {
    assertThat(parse(DISCARD, 8, 16, 0, 0, 1, 0)).isNull();
    assertThat(parse(ZEROES, 3, 2, 1)).isNull();
    assertThat(request.op()).isEqualTo(ZvolRequest.Op.WRITE_ZEROES);
    assertThat(request.mayUnmap()).isTrue();
    assertThat(request.bytes()).isEqualTo(1024);
    assertThat(request.advance()).isFalse();
    assertThat(parser.parse(Memory.of(GuestDisk.header(0, 0)), Memory.room(513), request)).isNull();
    assertThat(request.bytes()).isEqualTo(512);
    assertThat(request.advance()).isFalse();
  }

  /** A sector, sectors, flags; what becomes of it as a discard, and as zeroes. */
  @ParameterizedTest
  @CsvSource({
    "0, 4194304, 0, , BAD_SEGMENTS", // what max_discard_sectors says
    "0, 4194305, 0, BAD_SEGMENTS, BAD_SEGMENTS",
    "0, 131072, 0, , ", // what max_write_zeroes_sectors says
    "0, 131073, 0, , BAD_SEGMENTS",
    "0, 4294967295, 0, BAD_SEGMENTS, BAD_SEGMENTS",
    "0, 0, 0, NO_DATA, NO_DATA",
    "0, 1, 1, BAD_FLAGS, ", // unmap
    "0, 1, 2, BAD_FLAGS, BAD_FLAGS",
    "0, 1, 3, BAD_FLAGS, BAD_FLAGS",
    "0, 1, -2147483648, BAD_FLAGS, BAD_FLAGS",
    "2147483647, 1, 0, , ", // the last sector
    "2147483647, 2, 0, BEYOND_END, BEYOND_END",
    "2147483648, 1, 0, BEYOND_END, BEYOND_END",
    "-1, 1, 0, BEYOND_END, BEYOND_END",
    "36028797018963968, 1, 0, BEYOND_END, BEYOND_END", // 2^55: times 512 is 0
    "36028797018963967, 2, 0, BEYOND_END, BEYOND_END",
  })
  void aRange_isOneOfTheVolume_orRefused(
      long sector,
      long sectors,
      long flags,
      @Nullable BadRequest discard,
      @Nullable BadRequest zero) {
    assertThat(parse(DISCARD, sector, sectors, flags)).isEqualTo(discard);
    assertThat(parse(ZEROES, sector, sectors, flags)).isEqualTo(zero);
  }

  @Test
  void aList_isWholeAndNotTooLong() {
    assertThat(parse(DISCARD)).isEqualTo(BadRequest.NO_DATA);
    long[] most = new long[3 * 256];
    Arrays.fill(most, 1);
    for (int i = 2; i < most.length; i += 3) {
      most[i] = 0;
    }
    assertThat(parse(DISCARD, most)).isNull();
    assertThat(parse(DISCARD, Arrays.copyOf(most, 3 * 257))).isEqualTo(BadRequest.BAD_SEGMENTS);
    for (int length = 1; length < 48; length++) {
      byte[] list = Arrays.copyOf(bytes(DISCARD, most), 16 + length);
      BadRequest bad = parser.parse(Memory.of(list), Memory.room(1), request);
      assertThat(bad).isEqualTo(length % 16 == 0 ? null : BadRequest.BAD_SEGMENTS);
    }
  }

  @Test
  void partsOfALargerBlock_areRefused() {
    RequestParser large =
        new RequestParser(new NullZvol(1 << 20, false, BlockSizes.of(4096, 4096)));
    for (long[] part : new long[][] {{1, 8, 0}, {0, 7, 0}, {4, 4, 0}}) {
      Buffers list = Memory.of(bytes(DISCARD, part));
      assertThat(large.parse(list, Memory.room(1), request)).isEqualTo(BadRequest.MISALIGNED);
    }
    assertThat(large.parse(Memory.of(bytes(DISCARD, 8, 8, 0)), Memory.room(1), request)).isNull();
  }

  @Test
  void aReadOnlyDisk_refusesThem() {
    RequestParser readOnly =
        new RequestParser(new NullZvol(1 << 20, true, BlockSizes.of(512, 512)));
    for (int type : new int[] {DISCARD, ZEROES}) {
      assertThat(readOnly.parse(Memory.of(bytes(type, 0, 1, 0)), Memory.room(1), request))
          .isEqualTo(BadRequest.READ_ONLY);
    }
  }

  @Test
  void howAListIsSpreadOverPieces_makesNoDifference() {
    Random random = new Random(1);
    byte[] list = bytes(DISCARD, 5, 3, 0, 100, 7, 0);
    for (int longest = 1; longest < 40; longest++) {
      assertThat(parser.parse(Memory.scattered(list, longest, random), Memory.room(1), request))
          .isNull();
      assertThat(request.offset()).isEqualTo(5 * 512);
      assertThat(request.advance()).isTrue();
      assertThat(request.offset()).isEqualTo(100 * 512);
      assertThat(request.length()).isEqualTo(7 * 512);
    }
  }
}
