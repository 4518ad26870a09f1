package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.memory.Buffers;

class RequestParserTest {
  private static final int IN = 0;
  private static final int OUT = 1;
  private static final int FLUSH = 4;
  private static final int GET_ID = 8;
  private static final long SIZE = 1 << 20;
  private static final long SECTORS = SIZE / 512;

  private final FaultyZvol zvol = new FaultyZvol(SIZE, BlockSizes.of(512, 4096), false);
  private final RequestParser parser = new RequestParser(zvol);
  private final BlockRequest request = new BlockRequest(new Handover<>(), () -> {});

  private static byte[] header(int type, long sector) {
    return ByteBuffer.allocate(16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(type)
        .putInt(0xdeadbeef) // reserved, or a priority: not looked at
        .putLong(sector)
        .array();
  }

  private static Buffers readable(int type, long sector, int data) {
    byte[] bytes = Arrays.copyOf(header(type, sector), 16 + data);
    Arrays.fill(bytes, 16, bytes.length, (byte) 0x5a);
    return Memory.of(bytes);
  }

  private @Nullable BadRequest parse(Buffers readable, int room) {
    return parser.parse(readable, Memory.room(room), request);
  }

  @Test
  void in_readsIntoAllButTheLastByte() {
    assertThat(parse(readable(IN, 7, 0), 1024 + 1)).isNull();
    assertThat(request.type()).isEqualTo(BlockRequest.Type.IN);
    assertThat(request.op()).isEqualTo(ZvolRequest.Op.READ);
    assertThat(request.offset()).isEqualTo(7 * 512);
    assertThat(request.length()).isEqualTo(1024);
    assertThat(request.data().bytes()).isEqualTo(1024);
  }

  @Test
  void out_writesWhatFollowsTheHeader() {
    assertThat(parse(readable(OUT, 3, 512), 1)).isNull();
    assertThat(request.type()).isEqualTo(BlockRequest.Type.OUT);
    assertThat(request.op()).isEqualTo(ZvolRequest.Op.WRITE);
    assertThat(request.offset()).isEqualTo(3 * 512);
    assertThat(Memory.bytes(request.data())).hasSize(512).containsOnly(0x5a);
  }

  @Test
  void flush_hasNoRange_whateverItsSectorIs() {
    assertThat(parse(readable(FLUSH, -1, 0), 1)).isNull();
    assertThat(request.op()).isEqualTo(ZvolRequest.Op.FLUSH);
    assertThat(request.length()).isZero();
    assertThat(request.payload().bytes()).isZero();
  }

  @Test
  void flush_afterARead_forgetsTheRead() {
    assertThat(parse(readable(IN, 7, 0), 513)).isNull();
    assertThat(parse(readable(FLUSH, 0, 0), 1)).isNull();
    assertThat(request.data().bytes()).isZero();
    assertThat(request.payload().bytes()).isZero();
  }

  @Test
  void getId_takesWhatRoomThereIs() {
    assertThat(parse(readable(GET_ID, 0, 0), 21)).isNull();
    assertThat(request.type()).isEqualTo(BlockRequest.Type.GET_ID);
    assertThat(request.payload().bytes()).isEqualTo(20);
    assertThat(parse(readable(GET_ID, 0, 0), 5)).isNull();
    assertThat(request.payload().bytes()).isEqualTo(4);
    assertThat(parse(readable(GET_ID, 0, 0), 1)).isEqualTo(BadRequest.NO_DATA);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5, 6, 7, 9, 10, 12, 14, 16, 0x80000000, -1, 0x01000000, 0x100})
  void otherTypes_areUnsupported(int type) {
    assertThat(parse(readable(type, 0, 512), 513)).isEqualTo(BadRequest.UNSUPPORTED);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15})
  void aShortHeader_isRefused(int bytes) {
    Buffers readable = Memory.of(Arrays.copyOf(header(IN, 0), bytes));
    assertThat(parse(readable, 513)).isEqualTo(BadRequest.SHORT_HEADER);
  }

  @ParameterizedTest
  @ValueSource(ints = {IN, OUT, FLUSH, GET_ID, 99})
  void withoutAStatusByte_nothingElseMatters(int type) {
    assertThat(parse(readable(type, 0, 512), 0)).isEqualTo(BadRequest.NO_STATUS);
    assertThat(parse(new Buffers(), 0)).isEqualTo(BadRequest.NO_STATUS);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 512",
    "2047, 512",
    "0, 1048576",
    "2046, 1024",
  })
  void rangesUpToTheEnd_areValid(long sector, int length) {
    assertThat(parse(readable(IN, sector, 0), length + 1)).isNull();
    assertThat(parse(readable(OUT, sector, length), 1)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "2048, 512", // SECTORS
    "2047, 1024",
    "1, 1048576",
    "0, 1049088",
    "2049, 512",
    "-1, 512", // 2^64 - 1
    "36028797018963968, 512", // 2^55: times 512 is 0
    "36028797018963967, 1024",
    "9223372036854775807, 512",
    "-9223372036854775808, 512",
  })
  void rangesBeyondTheEnd_areRefused(long sector, int length) {
    assertThat(parse(readable(IN, sector, 0), length + 1)).isEqualTo(BadRequest.BEYOND_END);
    assertThat(parse(readable(OUT, sector, length), 1)).isEqualTo(BadRequest.BEYOND_END);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 511, 513, 1000})
  void partsOfABlock_areRefused(int length) {
    assertThat(parse(readable(IN, 0, 0), length + 1)).isEqualTo(BadRequest.MISALIGNED);
    assertThat(parse(readable(OUT, 0, length), 1)).isEqualTo(BadRequest.MISALIGNED);
  }

  @Test
  void sectorsInsideALargerBlock_areRefused() {
    RequestParser large = new RequestParser(new FaultyZvol(SIZE, BlockSizes.of(4096, 4096), false));
    assertThat(large.parse(readable(IN, 1, 0), Memory.room(4097), request))
        .isEqualTo(BadRequest.MISALIGNED);
    assertThat(large.parse(readable(IN, 0, 0), Memory.room(513), request))
        .isEqualTo(BadRequest.MISALIGNED);
    assertThat(large.parse(readable(IN, 8, 0), Memory.room(4097), request)).isNull();
  }

  @Test
  void noData_isRefused_alsoWhereItIsInTheWrongDirection() {
    assertThat(parse(readable(IN, 0, 0), 1)).isEqualTo(BadRequest.NO_DATA);
    assertThat(parse(readable(IN, 0, 512), 1)).isEqualTo(BadRequest.NO_DATA);
    assertThat(parse(readable(OUT, 0, 0), 1)).isEqualTo(BadRequest.NO_DATA);
    assertThat(parse(readable(OUT, 0, 0), 513)).isEqualTo(BadRequest.NO_DATA);
  }

  @Test
  void aReadOnlyDisk_refusesWrites_whateverTheyAre() {
    RequestParser readOnly = new RequestParser(new FaultyZvol(SIZE, BlockSizes.of(512, 512), true));
    for (int length : new int[] {0, 100, 512}) {
      assertThat(readOnly.parse(readable(OUT, -1, length), Memory.room(1), request))
          .isEqualTo(BadRequest.READ_ONLY);
    }
    assertThat(readOnly.parse(readable(IN, 0, 0), Memory.room(513), request)).isNull();
    assertThat(readOnly.parse(readable(FLUSH, 0, 0), Memory.room(1), request)).isNull();
  }

  @Test
  void howBytesAreSpreadOverPieces_makesNoDifference() {
    Random random = new Random(1);
    byte[] bytes = Memory.random(16 + 1024, random);
    System.arraycopy(header(OUT, 5), 0, bytes, 0, 16);
    for (int longest = 1; longest < 40; longest++) {
      Buffers readable = Memory.scattered(bytes, longest, random);
      Buffers writable = Memory.scattered(new byte[3], 1, random);
      assertThat(parser.parse(readable, writable, request)).isNull();
      assertThat(request.offset()).isEqualTo(5 * 512);
      assertThat(Memory.bytes(request.data())).isEqualTo(Arrays.copyOfRange(bytes, 16, 1040));
    }
  }

  /** Whatever comes: no exception, nothing written, and what is valid lies within the volume. */
  @Test
  void randomRequests_areRefusedOrLieWithinTheVolume() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int valid = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = Memory.random(random.nextInt(5) == 0 ? random.nextInt(40) : 16, random);
      ByteBuffer fields = ByteBuffer.wrap(Arrays.copyOf(bytes, 16)).order(ByteOrder.LITTLE_ENDIAN);
      if (random.nextInt(8) != 0) {
        fields.putInt(0, new int[] {IN, OUT, FLUSH, GET_ID}[random.nextInt(4)]);
      }
      if (random.nextInt(8) != 0) {
        fields.putLong(8, SECTORS - 4 + random.nextInt(8));
      }
      System.arraycopy(fields.array(), 0, bytes, 0, Math.min(16, bytes.length));
      int data = random.nextInt(4) == 0 ? random.nextInt(2000) : 512 * random.nextInt(5);
      Buffers readable = Memory.scattered(Arrays.copyOf(bytes, bytes.length + data), 700, random);
      Buffers writable =
          Memory.scattered(new byte[random.nextInt(4) == 0 ? 0 : data + 1], 700, random);
      byte[] before = Memory.bytes(readable);

      BadRequest bad = parser.parse(readable, writable, request);

      assertThat(Memory.bytes(readable)).as("seed %s", seed).isEqualTo(before);
      assertThat(Memory.bytes(writable))
          .as("seed %s", seed)
          .isEqualTo(new byte[(int) writable.bytes()]);
      if (bad == null) {
        valid++;
        assertThat(writable.bytes()).as("seed %s", seed).isPositive();
        if (request.type() == BlockRequest.Type.IN || request.type() == BlockRequest.Type.OUT) {
          assertThat(request.offset()).as("seed %s", seed).isBetween(0L, SIZE - request.length());
          assertThat(request.offset() % 512 + request.length() % 512).isZero();
          assertThat(request.length()).isPositive().isEqualTo(request.data().bytes());
        }
      }
    }
    assertThat(valid).as("the valid ones of seed %s", seed).isBetween(2_000, 18_000);
  }
}
