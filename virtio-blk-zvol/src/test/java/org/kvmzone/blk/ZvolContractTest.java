package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.blk.ZvolRequest.Op;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.memory.Buffers;

/** What {@link Zvol} promises, to be kept by every kind of volume. */
abstract class ZvolContractTest {
  static final long SIZE = 16 << 20;

  private static final Op[] MIX = {
    Op.READ, Op.READ, Op.READ, Op.WRITE, Op.WRITE, Op.WRITE, Op.WRITE_ZEROES, Op.DISCARD
  };

  private Zvol zvol;
  private int block;

  /** A volume of {@link #SIZE} bytes; the same one each time within a test. */
  abstract Zvol open(boolean readOnly) throws Exception;

  @BeforeEach
  void open() throws Exception {
    zvol = open(false);
    block = zvol.blockSizes().logical();
  }

  @AfterEach
  void close() {
    zvol.close();
  }

  /** The volume that is open during a test. */
  final Zvol zvol() {
    return zvol;
  }

  private int read(long offset, Buffers into) {
    TestRequest request = new TestRequest();
    request.read(offset, into);
    return request.on(zvol);
  }

  private byte[] read(long offset, int length) {
    Buffers room = Memory.room(length);
    assertThat(read(offset, room)).isZero();
    return Memory.bytes(room);
  }

  private int write(long offset, Buffers from) {
    TestRequest request = new TestRequest();
    request.write(offset, from);
    return request.on(zvol);
  }

  private int flush() {
    TestRequest request = new TestRequest();
    request.flush();
    return request.on(zvol);
  }

  private int writeZeroes(long offset, long length, boolean mayUnmap) {
    TestRequest request = new TestRequest();
    request.writeZeroes(offset, length, mayUnmap);
    return request.on(zvol);
  }

  private int discard(long offset, long length) {
    TestRequest request = new TestRequest();
    request.discard(offset, length);
    return request.on(zvol);
  }

  @Test
  void sizeIsAWholeNumberOfBlocks() {
    assertThat(zvol.size()).isEqualTo(SIZE);
    assertThat(zvol.size() % block).isZero();
    assertThat(zvol.name()).isNotEmpty();
    assertThat(zvol.readOnly()).isFalse();
  }

  @Test
  void whatIsWrittenIsRead_atBothEnds() {
    Random random = new Random(1);
    for (long offset : new long[] {0, block, SIZE / 2, SIZE - block}) {
      byte[] bytes = Memory.random(block, random);
      assertThat(write(offset, Memory.of(bytes))).isZero();
      assertThat(read(offset, block)).isEqualTo(bytes);
    }
  }

  @Test
  void whatIsWrittenIsRead_fromAndIntoMoreThanAThousandOddPieces() {
    Random random = new Random(2);
    byte[] bytes = Memory.random(64 * 4096, random);
    Buffers from = Memory.scattered(bytes, 100, random);
    assertThat(from.count()).isGreaterThan(2 * 1024);
    assertThat(write(8 * 4096, from)).isZero();
    Buffers into = Memory.scattered(new byte[bytes.length], 100, random);
    assertThat(read(8 * 4096, into)).isZero();
    assertThat(Memory.bytes(into)).isEqualTo(bytes);
  }

  @Test
  void aReadWritesNothingAroundItsPieces() {
    assertThat(write(0, Memory.room(2 * block))).isZero();
    MemorySegment memory = Arena.ofAuto().allocate(4L * block);
    Buffers into = new Buffers();
    into.add(memory, 1, block);
    into.add(memory, 2L * block, block);
    assertThat(read(0, into)).isZero();
    byte[] expected = new byte[4 * block];
    Arrays.fill(expected, 1, 1 + block, (byte) 0x5a);
    Arrays.fill(expected, 2 * block, 3 * block, (byte) 0x5a);
    assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
  }

  @Test
  void aMegabyteGoesThroughAtOnce() {
    byte[] bytes = Memory.random(4 << 20, new Random(3));
    assertThat(write(SIZE - bytes.length, Memory.of(bytes))).isZero();
    assertThat(read(SIZE - bytes.length, bytes.length)).isEqualTo(bytes);
  }

  @Test
  void rangesOutsideTheVolumeOrOffItsBlocksAreRefused_andTouchNothing() {
    assertThat(write(0, Memory.room(block))).isZero();
    assertThat(write(SIZE - block, Memory.room(block))).isZero();
    long[][] ranges = {
      {SIZE, block},
      {SIZE - block, 2L * block},
      {-block, block},
      {Long.MAX_VALUE - block + 1, block},
      {Long.MIN_VALUE, block},
      {1, block},
      {block / 2, block},
      {0, block - 1},
      {0, block / 2},
      {0, 0}
    };
    for (long[] range : ranges) {
      String what = Arrays.toString(range);
      Buffers zeroes = new Buffers();
      zeroes.add(Arena.ofAuto().allocate(range[1]), 0, range[1]);
      assertThat(write(range[0], zeroes)).as("write %s", what).isEqualTo(Errno.EINVAL);
      Buffers room = Memory.room((int) range[1]);
      assertThat(read(range[0], room)).as("read %s", what).isEqualTo(Errno.EINVAL);
      assertThat(Memory.bytes(room))
          .as("read %s", what)
          .isEqualTo(Memory.bytes(Memory.room((int) range[1])));
      assertThat(discard(range[0], range[1])).as("discard %s", what).isEqualTo(Errno.EINVAL);
      assertThat(writeZeroes(range[0], range[1], true)).as("%s", what).isEqualTo(Errno.EINVAL);
    }
    assertThat(read(0, block)).containsOnly(0x5a);
    assertThat(read(SIZE - block, block)).containsOnly(0x5a);
  }

  @Test
  void zeroesReplaceARange_andNothingAround() {
    for (boolean mayUnmap : new boolean[] {false, true}) {
      long length = 300L * block;
      assertThat(write(0, Memory.room((int) length + 2 * block))).isZero();
      assertThat(writeZeroes(block, length, mayUnmap)).as("unmap %s", mayUnmap).isZero();
      assertThat(read(0, block)).containsOnly(0x5a);
      assertThat(read(block, (int) length)).as("unmap %s", mayUnmap).containsOnly(0);
      assertThat(read(block + length, block)).containsOnly(0x5a);
    }
  }

  @Test
  void zeroesReplaceAVeryLongRange() {
    assertThat(write(0, Memory.room((int) SIZE))).isZero();
    for (boolean mayUnmap : new boolean[] {false, true}) {
      assertThat(writeZeroes(block, SIZE - 2L * block, mayUnmap)).isZero();
      assertThat(read(0, block)).containsOnly(0x5a);
      assertThat(read(SIZE - block, block)).containsOnly(0x5a);
      assertThat(read(block, (int) SIZE - 2 * block)).isEqualTo(new byte[(int) SIZE - 2 * block]);
    }
  }

  @Test
  void discardLeavesTheRestAlone_andWhatIsWrittenAfterwardsStays() {
    assertThat(write(0, Memory.room(66 * 4096))).isZero();
    assertThat(discard(4096, 64 * 4096)).isZero();
    assertThat(read(0, 4096)).containsOnly(0x5a);
    assertThat(read(65 * 4096, 4096)).containsOnly(0x5a);
    byte[] bytes = Memory.random(4096, new Random(4));
    assertThat(write(2 * 4096, Memory.of(bytes))).isZero();
    assertThat(read(2 * 4096, 4096)).isEqualTo(bytes);
  }

  @Test
  void whatWasFlushedIsThereWhenItIsOpenedAgain() throws Exception {
    byte[] bytes = Memory.random(64 * 4096, new Random(5));
    assertThat(write(4096, Memory.of(bytes))).isZero();
    assertThat(flush()).isZero();
    zvol.close();
    zvol = open(false);
    assertThat(read(4096, bytes.length)).isEqualTo(bytes);
  }

  @Test
  void manyFlushesAtOnceCompleteOnceEach() {
    List<TestRequest> requests = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      TestRequest request = new TestRequest();
      request.flush();
      requests.add(request);
      zvol.submit(request);
    }
    requests.forEach(request -> assertThat(request.await()).isZero());
    assertThat(flush()).isZero();
    assertThat(requests).allMatch(request -> request.completions() == 1);
  }

  @Test
  void severalThreadsDoNotDisturbEachOther() throws InterruptedException {
    int share = (int) (SIZE / 4);
    List<Thread> threads = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int number = t;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                String failure = model(new Random(6 + number), number * (long) share, share);
                synchronized (failures) {
                  failures.add(failure);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).containsExactly("", "", "", "");
  }

  @Test
  void randomOperationsAgreeWithAnArray() {
    long seed = new Random().nextLong();
    assertThat(model(new Random(seed), 0, 4 << 20)).as("seed %s", seed).isEmpty();
  }

  /** Random operations on a part of the volume; what was wrong, or nothing. */
  private String model(Random random, long base, int length) {
    byte[] expected = new byte[length];
    if (write(base, Memory.of(expected)) != 0) {
      return "first write fails";
    }
    for (int i = 0; i < 300; i++) {
      Op op = MIX[random.nextInt(MIX.length)];
      int at = random.nextInt(length / block) * block;
      int end = at + block * (1 + random.nextInt(Math.min(64, (length - at) / block)));
      if (!agrees(op, expected, base, at, end, random)) {
        return "operation " + i + ": " + op + " from " + at + " to " + end;
      }
      if (random.nextInt(50) == 0 && flush() != 0) {
        return "operation " + i + ": flush";
      }
    }
    return Arrays.equals(read(base, length), expected) ? "" : "the content differs at the end";
  }

  private boolean agrees(Op op, byte[] expected, long base, int at, int end, Random random) {
    return switch (op) {
      case READ -> {
        Buffers into = Memory.scattered(new byte[end - at], 1 + random.nextInt(5000), random);
        yield read(base + at, into) == 0
            && Arrays.equals(Memory.bytes(into), Arrays.copyOfRange(expected, at, end));
      }
      case WRITE_ZEROES -> {
        Arrays.fill(expected, at, end, (byte) 0);
        yield writeZeroes(base + at, end - at, random.nextBoolean()) == 0;
      }
      // What was discarded is undefined until it is written.
      case DISCARD ->
          discard(base + at, end - at) == 0 && agrees(Op.WRITE, expected, base, at, end, random);
      case WRITE -> {
        byte[] data = Memory.random(end - at, random);
        System.arraycopy(data, 0, expected, at, end - at);
        yield write(base + at, Memory.scattered(data, 1 + random.nextInt(5000), random)) == 0;
      }
      case FLUSH -> flush() == 0;
    };
  }

  @Test
  void aReadOnlyVolumeIsRead_andRefusesEveryChange() throws Exception {
    byte[] bytes = Memory.random(block, new Random(7));
    assertThat(write(0, Memory.of(bytes))).isZero();
    assertThat(flush()).isZero();
    zvol.close();
    zvol = open(true);
    assertThat(zvol.readOnly()).isTrue();
    assertThat(read(0, block)).isEqualTo(bytes);
    assertThat(flush()).isZero();
    assertThat(write(0, Memory.room(block))).isEqualTo(Errno.EROFS);
    assertThat(writeZeroes(0, block, false)).isEqualTo(Errno.EROFS);
    assertThat(discard(0, block)).isEqualTo(Errno.EROFS);
    assertThat(read(0, block)).isEqualTo(bytes);
  }

  @Test
  void afterCloseEverythingIsRefused_andClosingAgainDoesNothing() {
    zvol.close();
    zvol.close();
    assertThat(read(0, Memory.room(block))).isEqualTo(Errno.EBADF);
    assertThat(write(0, Memory.room(block))).isEqualTo(Errno.EBADF);
    assertThat(flush()).isEqualTo(Errno.EBADF);
    assertThat(discard(0, block)).isEqualTo(Errno.EBADF);
  }
}
