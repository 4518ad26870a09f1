package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.blk.GuestDisk.Answer;
import org.kvmzone.blk.GuestDisk.Request;
import org.kvmzone.blk.ZvolRequest.Op;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.probe.Watcher;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** Requests that an honest driver makes, and what becomes of them. */
class VirtioBlkTest {
  private static final long SIZE = 4 << 20;
  private final FaultyZvol zvol = new FaultyZvol(SIZE, BlockSizes.of(512, 4096), false);
  private final GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), GuestDisk.ALL);

  @AfterEach
  void close() {
    guest.close();
  }

  private long count(String counter) {
    return guest.device().report().counters().getOrDefault(counter, -1L);
  }

  private byte[] content(long offset, int length) {
    return zvol.content().asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void write_thenRead_givesTheSameBytes() {
    byte[] bytes = Memory.random(4096, new Random(1));
    Request write = guest.write(8, bytes);
    assertThat(guest.answer()).isEqualTo(new Answer(write, Status.OK, 1));
    assertThat(content(4096, 4096)).isEqualTo(bytes);

    Request read = guest.read(8, 4096);
    assertThat(guest.answer()).isEqualTo(new Answer(read, Status.OK, 4097));
    assertThat(guest.bytes(read.data())).isEqualTo(bytes);
    assertThat(count("writes")).isEqualTo(1);
    assertThat(count("nwritten")).isEqualTo(4096);
    assertThat(count("reads")).isEqualTo(1);
    assertThat(count("nread")).isEqualTo(4096);
  }

  @Test
  void flush_reachesTheVolume() {
    Request flush = guest.flush();
    assertThat(guest.answer()).isEqualTo(new Answer(flush, Status.OK, 1));
    assertThat(zvol.submitted()).containsExactly(Op.FLUSH);
    assertThat(count("flushes")).isEqualTo(1);
  }

  @Test
  void discard_ofManyRanges_reachesTheVolumeInTheirOrder() {
    zvol.content().fill((byte) 1);
    long[] fields = new long[3 * 256];
    for (int i = 0; i < 256; i++) {
      fields[3 * i] = 16L * i;
      fields[3 * i + 1] = 8;
    }
    Request discard = guest.segments(GuestDisk.DISCARD, fields);
    assertThat(guest.answer()).isEqualTo(new Answer(discard, Status.OK, 1));
    assertThat(zvol.submitted()).hasSize(256).containsOnly(Op.DISCARD);
    for (int i = 0; i < 256; i++) {
      assertThat(content(8192L * i, 4096)).containsOnly(0);
      assertThat(content(8192L * i + 4096, 4096)).containsOnly(1);
    }
    assertThat(count("discards")).isEqualTo(1);
    assertThat(count("ndiscarded")).isEqualTo(1 << 20);
  }

  @Test
  void discard_thatTheVolumeTakesItsTimeFor_goesOnRangeByRange() {
    zvol.hold();
    Request discard = guest.segments(GuestDisk.DISCARD, 0, 8, 0, 8, 8, 0, 16, 8, 0);
    for (int i = 0; i < 3; i++) {
      assertThat(guest.turn()).isPositive();
      assertThat(guest.next()).isEmpty();
      assertThat(zvol.held()).isEqualTo(1);
      zvol.releaseOne();
    }
    assertThat(guest.answer()).isEqualTo(new Answer(discard, Status.OK, 1));
  }

  @Test
  void discard_whoseSecondRangeFails_fails_andTheThirdIsLeftAlone() {
    zvol.fault(request -> request.offset() == 4096 ? Errno.EIO : 0);
    Request discard = guest.segments(GuestDisk.DISCARD, 0, 8, 0, 8, 8, 0, 16, 8, 0);
    assertThat(guest.answer()).isEqualTo(new Answer(discard, Status.IOERR, 1));
    assertThat(zvol.submitted()).hasSize(2);
    Request next = guest.read(0, 512);
    assertThat(guest.answer()).isEqualTo(new Answer(next, Status.OK, 513));
  }

  @Test
  void zeroes_areFilledIn_withOrWithoutTheirSpace() {
    for (int unmap : new int[] {0, 1}) {
      zvol.content().fill((byte) 1);
      List<Boolean> mayUnmap = new ArrayList<>();
      zvol.fault(request -> {
        mayUnmap.add(request.mayUnmap());
        return 0;
      });
      Request zeroes = guest.segments(GuestDisk.WRITE_ZEROES, 3, 2, unmap);
      assertThat(guest.answer()).isEqualTo(new Answer(zeroes, Status.OK, 1));
      assertThat(mayUnmap).containsExactly(unmap == 1);
      assertThat(content(3 * 512, 1024)).containsOnly(0);
      assertThat(content(2 * 512, 512)).containsOnly(1);
      assertThat(content(5 * 512, 512)).containsOnly(1);
    }
    assertThat(count("zeroes")).isEqualTo(2);
    assertThat(count("nzeroed")).isEqualTo(2048);
  }

  @Test
  void getId_givesTheSerial_paddedWithZeroesOrCutShort() {
    Request whole = guest.id(20);
    assertThat(guest.answer()).isEqualTo(new Answer(whole, Status.OK, 21));
    assertThat(new String(guest.bytes(whole.data()), StandardCharsets.US_ASCII))
        .isEqualTo("serial-0123456789\0\0\0");
    Request part = guest.id(6);
    assertThat(guest.answer()).isEqualTo(new Answer(part, Status.OK, 7));
    assertThat(new String(guest.bytes(part.data()), StandardCharsets.US_ASCII)).isEqualTo("serial");
    Request more = guest.id(40);
    assertThat(guest.answer()).isEqualTo(new Answer(more, Status.OK, 21));
    assertThat(zvol.submitted()).isEmpty();
    assertThat(count("getids")).isEqualTo(3);
  }

  @Test
  void aRequestOfTheMostSegments_directAndIndirect() {
    for (boolean indirect : new boolean[] {false, true}) {
      List<Piece> pieces = new ArrayList<>(List.of(guest.ram().readable(GuestDisk.header(0, 16))));
      for (int i = 0; i < 126; i++) {
        pieces.add(guest.ram().writable(512));
      }
      Piece status = guest.status();
      pieces.add(status);
      Piece[] chain = pieces.toArray(Piece[]::new);
      byte[] bytes = Memory.random(126 * 512, new Random(2));
      zvol.content().asSlice(16 * 512, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
      int head = indirect ? guest.driver().addIndirect(chain) : guest.driver().add(chain);
      Request request = guest.keep(new Request(head, pieces.get(1), status));
      assertThat(guest.answer()).isEqualTo(new Answer(request, Status.OK, 126 * 512 + 1));
      for (int i = 0; i < 126; i++) {
        assertThat(guest.bytes(pieces.get(1 + i)))
            .isEqualTo(Arrays.copyOfRange(bytes, i * 512, (i + 1) * 512));
      }
    }
  }

  @Test
  void theStatusMayShareItsDescriptorWithData() {
    Piece both = guest.ram().writable(513);
    int head = guest.driver().add(guest.ram().readable(GuestDisk.header(0, 0)), both);
    zvol.content().asSlice(0, 512).fill((byte) 3);
    Request request = guest.keep(new Request(head, both, new Piece(both.address() + 512, 1, true)));
    assertThat(guest.answer()).isEqualTo(new Answer(request, Status.OK, 513));
    assertThat(Arrays.copyOf(guest.bytes(both), 512)).containsOnly(3);
  }

  @Test
  void theHeaderMayBeSpreadOverDescriptors_andShareOneWithData() {
    byte[] header = GuestDisk.header(1, 4);
    byte[] data = Memory.random(512, new Random(3));
    byte[] tail = Arrays.copyOf(Arrays.copyOfRange(header, 5, 16), 11 + 512);
    System.arraycopy(data, 0, tail, 11, 512);
    Piece status = guest.status();
    int head =
        guest
            .driver()
            .add(
                guest.ram().readable(Arrays.copyOf(header, 1)),
                guest.ram().readable(Arrays.copyOfRange(header, 1, 5)),
                guest.ram().readable(tail),
                status);
    Request request = guest.keep(new Request(head, status, status));
    assertThat(guest.answer()).isEqualTo(new Answer(request, Status.OK, 1));
    assertThat(content(4 * 512, 512)).isEqualTo(data);
  }

  @Test
  void errorsOfTheVolume_areToldAndCounted_andTheNextRequestWorks() {
    int[][] cases = {
      {Errno.EIO, Status.IOERR}, {Errno.ENOSPC, Status.IOERR}, {Errno.EOPNOTSUPP, Status.UNSUPP}
    };
    for (int[] each : cases) {
      zvol.fault(request -> each[0]);
      Request read = guest.read(0, 512);
      assertThat(guest.answer()).isEqualTo(new Answer(read, (byte) each[1], 1));
      Request write = guest.write(0, new byte[512]);
      assertThat(guest.answer()).isEqualTo(new Answer(write, (byte) each[1], 1));
      Request flush = guest.flush();
      assertThat(guest.answer()).isEqualTo(new Answer(flush, (byte) each[1], 1));
      zvol.fault(request -> 0);
      Request good = guest.read(0, 512);
      assertThat(guest.answer()).isEqualTo(new Answer(good, Status.OK, 513));
    }
    assertThat(count("ioerrors")).isEqualTo(9);
    assertThat(count("reads")).isEqualTo(3);
    assertThat(count("writes")).isZero();
  }

  @Test
  void errorsOfTheVolume_areToldWhoWatches() {
    List<String> fired = new ArrayList<>();
    Watcher watcher =
        (disk, op, s2, id, errno, offset, length) ->
            fired.add("%s %s %d %d %d".formatted(disk, op, errno, offset, length));
    BlkProbes.ERROR.watch(watcher);
    try {
      zvol.fault(request -> Errno.ENOSPC);
      guest.write(8, new byte[512]);
      assertThat(guest.answer().status()).isEqualTo(Status.IOERR);
      guest.segments(GuestDisk.DISCARD, 0, 8, 0);
      assertThat(guest.answer().status()).isEqualTo(Status.IOERR);
    } finally {
      BlkProbes.ERROR.unwatch(watcher);
    }
    assertThat(fired).containsExactly("disk0 write 28 4096 512", "disk0 discard 28 0 4096");
  }

  @Test
  void aFullRing_isInFlightAtOnce_andCompletesInAnyOrder() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    zvol.hold();
    List<Request> requests = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    for (int i = 0; i < GuestDisk.RING_SIZE / 3; i++) {
      byte[] bytes = Memory.random(512, random);
      contents.add(bytes);
      requests.add(guest.write(i, bytes));
    }
    assertThat(guest.turn()).isEqualTo(requests.size());
    assertThat(zvol.held()).isEqualTo(requests.size());
    assertThat(guest.queue().ring().inFlight()).isEqualTo(requests.size());
    assertThat(guest.next()).isEmpty();

    assertThat(zvol.releaseAll(random)).isEqualTo(requests.size());
    assertThat(guest.turn()).isEqualTo(requests.size());
    for (int i = 0; i < requests.size(); i++) {
      assertThat(guest.next().orElseThrow().status()).as("seed %s", seed).isEqualTo(Status.OK);
    }
    for (int i = 0; i < requests.size(); i++) {
      assertThat(content(i * 512L, 512)).as("seed %s", seed).isEqualTo(contents.get(i));
    }
    assertThat(guest.queue().ring().inFlight()).isZero();
  }

  @Test
  void theRingGoesRoundManyTimes_withRequestsOfAllKinds() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] expected = new byte[(int) SIZE];
    for (int i = 0; i < 3000; i++) {
      int sector = random.nextInt((int) (SIZE / 512) - 8);
      int length = 512 * (1 + random.nextInt(4));
      switch (random.nextInt(3)) {
        case 0 -> {
          byte[] bytes = Memory.random(length, random);
          System.arraycopy(bytes, 0, expected, sector * 512, length);
          guest.write(sector, bytes);
          assertThat(guest.answer().status()).as("seed %s", seed).isEqualTo(Status.OK);
        }
        case 1 -> {
          Request read = guest.read(sector, length);
          assertThat(guest.answer().used()).as("seed %s", seed).isEqualTo(length + 1);
          assertThat(guest.bytes(read.data()))
              .as("seed %s", seed)
              .isEqualTo(Arrays.copyOfRange(expected, sector * 512, sector * 512 + length));
        }
        default -> {
          guest.flush();
          assertThat(guest.answer().status()).as("seed %s", seed).isEqualTo(Status.OK);
        }
      }
    }
  }

  @Test
  void aDriverWithoutFlush_getsItsWritesDurable() {
    guest.restart(0);
    zvol.hold();
    Request write = guest.write(0, new byte[512]);
    assertThat(guest.turn()).isPositive();
    zvol.releaseOne();
    assertThat(guest.turn()).isPositive();
    assertThat(guest.next()).as("written, but not durable").isEmpty();
    assertThat(zvol.submitted()).containsExactly(Op.WRITE, Op.FLUSH);
    zvol.releaseOne();
    assertThat(guest.answer()).isEqualTo(new Answer(write, Status.OK, 1));
    assertThat(count("writes")).isEqualTo(1);
    assertThat(count("flushes")).isZero();
    assertThat(guest.device().report().properties()).containsEntry("cache", "writethrough");
  }

  @Test
  void aDriverWithoutFlush_isToldWhenDurabilityFails() {
    guest.restart(0);
    zvol.fault(request -> request.op() == Op.FLUSH ? Errno.EIO : 0);
    Request write = guest.write(0, new byte[512]);
    assertThat(guest.answer()).isEqualTo(new Answer(write, Status.IOERR, 1));
    Request read = guest.read(0, 512);
    assertThat(guest.answer()).isEqualTo(new Answer(read, Status.OK, 513));
    assertThat(zvol.submitted()).containsExactly(Op.WRITE, Op.FLUSH, Op.READ);
  }

  @Test
  void theNextDriverMayChooseOtherwise() {
    guest.restart(0);
    guest.write(0, new byte[512]);
    assertThat(guest.answer().status()).isEqualTo(Status.OK);
    guest.restart(GuestDisk.ALL);
    guest.write(0, new byte[512]);
    assertThat(guest.answer().status()).isEqualTo(Status.OK);
    assertThat(zvol.submitted()).containsExactly(Op.WRITE, Op.FLUSH, Op.WRITE);
    assertThat(guest.device().report().properties()).containsEntry("cache", "writeback");
  }

  @Test
  void aBudgetIsKept() {
    for (int i = 0; i < 40; i++) {
      guest.read(i, 512);
    }
    zvol.hold();
    assertThat(guest.device().process(guest.queue(), 10)).isEqualTo(10);
    assertThat(zvol.held()).isEqualTo(10);
    assertThat(guest.device().process(guest.queue(), 0)).isZero();
    assertThat(guest.device().process(guest.queue(), 256)).isEqualTo(30);
  }

  @Test
  void aTurnIsBounded_soThatItCanBeStopped() {
    for (int i = 0; i < 100; i++) {
      guest.flushIndirect();
    }
    int first = guest.device().process(guest.queue(), 256);
    assertThat(zvol.submitted()).as("of 100").hasSize(64);
    assertThat(first).isPositive();
    assertThat(guest.turn()).isPositive();
    assertThat(zvol.submitted()).hasSize(100);
    assertThat(count("flushes")).isEqualTo(100);
  }

  @Test
  void close_closesTheVolume() {
    guest.device().close();
    assertThat(zvol.isClosed()).isTrue();
  }
}
