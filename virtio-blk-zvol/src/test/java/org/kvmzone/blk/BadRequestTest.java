package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.blk.GuestDisk.Answer;
import org.kvmzone.blk.GuestDisk.Request;
import org.kvmzone.bridge.probe.Watcher;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** Requests that are malformed although their chains are not (vhost-user.md C13). */
class BadRequestTest {
  private static final long SIZE = 1 << 20;
  private final FaultyZvol zvol = new FaultyZvol(SIZE, BlockSizes.of(512, 4096), false);
  private final GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), GuestDisk.ALL);

  @AfterEach
  void close() {
    guest.close();
  }

  private void isRefused(Request request, byte status, String counter) {
    assertThat(guest.answer()).as(counter).isEqualTo(new Answer(request, status, 1));
    assertThat(guest.device().report().counters().get(counter)).as(counter).isEqualTo(1);
    theVolumeIsUntouched_andTheRingWorks();
  }

  private void theVolumeIsUntouched_andTheRingWorks() {
    assertThat(zvol.submitted()).isEmpty();
    assertThat(guest.queue().ring().fault()).isEmpty();
    Request good = guest.id(20);
    assertThat(guest.answer()).isEqualTo(new Answer(good, Status.OK, 21));
  }

  @Test
  void anUnknownType() {
    isRefused(guest.add(77, 0, guest.ram().writable(512)), Status.UNSUPP, "unsupported");
  }

  @Test
  void aSecureErase_whichNoFrontEndCanCarry() {
    isRefused(guest.add(14, 0, guest.ram().readable(new byte[16])), Status.UNSUPP, "unsupported");
  }

  @Test
  void aDiscardThatUnmaps() {
    isRefused(guest.segments(GuestDisk.DISCARD, 0, 8, 1), Status.UNSUPP, "badflags");
  }

  @Test
  void zeroesWithAReservedFlag() {
    isRefused(guest.segments(GuestDisk.WRITE_ZEROES, 0, 8, 3), Status.UNSUPP, "badflags");
  }

  @Test
  void oneBadRangeAfterAGoodOne_discardsNeither() {
    long end = SIZE / 512;
    isRefused(guest.segments(GuestDisk.DISCARD, 0, 8, 0, end - 4, 8, 0), Status.IOERR, "beyondend");
  }

  @Test
  void moreRangesToFillThanWereAgreedOn() {
    isRefused(
        guest.segments(GuestDisk.WRITE_ZEROES, 0, 8, 0, 8, 8, 0), Status.IOERR, "badsegments");
  }

  @Test
  void aPartOfARange() {
    Piece part = guest.ram().readable(new byte[24]);
    isRefused(guest.add(GuestDisk.DISCARD, 0, part), Status.IOERR, "badsegments");
  }

  @Test
  void aReadBeyondTheEnd() {
    isRefused(guest.read(SIZE / 512, 512), Status.IOERR, "beyondend");
  }

  @Test
  void aWriteAtTheLastSectorOfAll() {
    isRefused(guest.write(-1, new byte[512]), Status.IOERR, "beyondend");
  }

  @Test
  void aWriteAcrossTheEnd_writesNothing() {
    byte[] ones = new byte[1024];
    Arrays.fill(ones, (byte) 1);
    isRefused(guest.write(SIZE / 512 - 1, ones), Status.IOERR, "beyondend");
    assertThat(zvol.content().mismatch(MemorySegment.ofArray(new byte[(int) SIZE]))).isEqualTo(-1);
  }

  @Test
  void aPartOfASector() {
    isRefused(guest.read(0, 513), Status.IOERR, "misaligned");
  }

  @Test
  void aReadWithoutData() {
    Piece status = guest.status();
    int head = guest.driver().add(guest.ram().readable(GuestDisk.header(0, 0)), status);
    isRefused(guest.keep(new Request(head, status, status)), Status.IOERR, "nodata");
  }

  @Test
  void aShortHeader() {
    Piece status = guest.status();
    int head = guest.driver().add(guest.ram().readable(new byte[15]), status);
    isRefused(guest.keep(new Request(head, status, status)), Status.IOERR, "shortheader");
  }

  @Test
  void onlyAStatus() {
    Piece status = guest.status();
    int head = guest.driver().add(status);
    isRefused(guest.keep(new Request(head, status, status)), Status.IOERR, "shortheader");
  }

  @Test
  void aWriteToAReadOnlyDisk() {
    FaultyZvol readOnly = new FaultyZvol(SIZE, BlockSizes.of(512, 512), true);
    try (GuestDisk other = new GuestDisk(GuestDisk.device(readOnly), GuestDisk.ALL)) {
      Request write = other.write(0, new byte[512]);
      assertThat(other.answer()).isEqualTo(new Answer(write, Status.IOERR, 1));
      assertThat(readOnly.submitted()).isEmpty();
      assertThat(other.device().report().counters()).containsEntry("readonly", 1L);
    }
  }

  @Test
  void noStatus_isGivenBackUnanswered() {
    int head = guest.driver().add(guest.ram().readable(GuestDisk.header(1, 0)));
    assertThat(guest.turn()).isPositive();
    assertThat(guest.driver().nextUsed()).contains(new Used(head, 0));
    assertThat(guest.device().report().counters()).containsEntry("nostatus", 1L);
    theVolumeIsUntouched_andTheRingWorks();
  }

  @Test
  void noStatusButDataToRead_isGivenBackUnanswered() {
    int head =
        guest
            .driver()
            .add(
                guest.ram().readable(GuestDisk.header(1, 0)),
                guest.ram().readable(new byte[512]),
                new Piece(guest.ram().readable(new byte[1]).address(), 1, false));
    assertThat(guest.turn()).isPositive();
    assertThat(guest.driver().nextUsed()).contains(new Used(head, 0));
    theVolumeIsUntouched_andTheRingWorks();
  }

  @Test
  void theProbeSaysWhy() {
    List<String> fired = new ArrayList<>();
    Watcher watcher = (disk, reason, s2, id, n1, n2, n3) -> fired.add(disk + " " + reason);
    BlkProbes.BAD_REQUEST.watch(watcher);
    try {
      guest.read(0, 513);
      guest.add(77, 0, guest.ram().writable(512));
      assertThat(guest.turn()).isPositive();
    } finally {
      BlkProbes.BAD_REQUEST.unwatch(watcher);
    }
    assertThat(fired).containsExactly("disk0 misaligned", "disk0 unsupported");
  }

  /** The header's memory changes all the time: what is carried out is what was checked. */
  @Test
  void aHeaderThatChangesMeanwhile_neverReachesBeyondTheVolume() throws InterruptedException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Piece header = guest.ram().readable(GuestDisk.header(1, 0));
    Piece data = guest.ram().readable(new byte[512]);
    Thread flipper =
        Thread.ofPlatform()
            .start(() -> {
              byte[] good = GuestDisk.header(1, 0);
              byte[] bad = GuestDisk.header(1, SIZE / 512);
              while (!Thread.currentThread().isInterrupted()) {
                byte[] next = random.nextBoolean() ? good : bad;
                guest.ram().at(header.address(), 16).copyFrom(MemorySegment.ofArray(next));
              }
            });
    int carriedOut = 0;
    try {
      for (int i = 0; i < 20_000; i++) {
        Piece status = guest.status();
        guest.keep(new Request(guest.driver().add(header, data, status), data, status));
        // The volume would throw, and the ring break, on a range that was changed after its check.
        carriedOut += guest.answer().status() == Status.OK ? 1 : 0;
      }
    } finally {
      flipper.interrupt();
      flipper.join();
    }
    assertThat(guest.queue().ring().fault()).as("seed %s", seed).isEmpty();
    assertThat(zvol.submitted()).as("seed %s", seed).hasSize(carriedOut);
  }
}
