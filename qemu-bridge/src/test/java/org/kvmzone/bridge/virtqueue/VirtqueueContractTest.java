package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.SharedLog;

/** What holds for every ring, between a device and an honest driver. */
abstract class VirtqueueContractTest extends RingFixture {
  private final Chain chain = new Chain();

  private static byte[] bytes(Buffers buffers) {
    byte[] copy = new byte[(int) buffers.bytes()];
    buffers.copyTo(0, MemorySegment.ofArray(copy), 0, copy.length);
    return copy;
  }

  private byte[] everything() {
    return ram.region().segment().toArray(JAVA_BYTE);
  }

  @Test
  void pop_ofAnEmptyRing_isFalse() {
    Virtqueue queue = ring(4, NO_FEATURES).queue();
    assertThat(queue.pop(chain)).isFalse();
    assertThat(queue.hasAvailable()).isFalse();
    assertThat(queue.inFlight()).isZero();
    assertThat(queue.fault()).isEmpty();
  }

  @Test
  void pop_splitsAChainIntoWhatCanBeReadAndWhatCanBeWritten() {
    Ends ends = ring(8, NO_FEATURES);
    Piece room = ram.writable(5);
    int head =
        ends.driver()
            .add(ram.readable((byte) 1, (byte) 2), ram.readable((byte) 3), ram.writable(2), room);
    assertThat(ends.queue().hasAvailable()).isTrue();
    assertThat(ends.queue().pop(chain)).isTrue();
    assertThat(chain.head()).isEqualTo(head);
    assertThat(bytes(chain.readable())).containsExactly(1, 2, 3);
    assertThat(chain.writable().bytes()).isEqualTo(7);
    chain.writable().setByte(6, (byte) 77);
    assertThat(ram.bytes(room)).containsExactly(0, 0, 0, 0, 77);
    assertThat(ends.queue().pop(chain)).isFalse();
  }

  @Test
  void pop_ofAnIndirectTable_isTheSame() {
    Ends ends = ring(2, INDIRECT);
    ends.driver()
        .addIndirect(
            ram.readable((byte) 1),
            ram.readable((byte) 2),
            ram.readable((byte) 3),
            ram.writable(4),
            ram.writable(5));
    assertThat(ends.queue().pop(chain)).isTrue();
    assertThat(bytes(chain.readable())).containsExactly(1, 2, 3);
    assertThat(chain.writable().count()).isEqualTo(2);
    assertThat(chain.writable().bytes()).isEqualTo(9);
  }

  @Test
  void pop_dropsPiecesOfNoLength() {
    Ends ends = ring(4, NO_FEATURES);
    ends.driver().add(ram.readable(), new Piece(-1, 0, false), ram.readable((byte) 9));
    assertThat(ends.queue().pop(chain)).isTrue();
    assertThat(chain.readable().count()).isEqualTo(1);
    assertThat(bytes(chain.readable())).containsExactly(9);
  }

  @Test
  void push_isSeenByTheDriverWhenItIsPublished() {
    Ends ends = ring(4, NO_FEATURES);
    int first = ends.driver().add(ram.writable(8));
    int second = ends.driver().add(ram.writable(8));
    Chain other = new Chain();
    assertThat(ends.queue().pop(chain)).isTrue();
    assertThat(ends.queue().pop(other)).isTrue();
    assertThat(ends.queue().inFlight()).isEqualTo(2);
    ends.queue().push(other, 5);
    ends.queue().push(chain, 0);
    assertThat(ends.queue().inFlight()).isZero();
    assertThat(ends.driver().nextUsed()).isEmpty();
    ends.queue().publish();
    assertThat(ends.driver().nextUsed()).contains(new Used(second, 5));
    assertThat(ends.driver().nextUsed()).contains(new Used(first, 0));
    assertThat(ends.driver().nextUsed()).isEmpty();
  }

  @Test
  void push_lengthsAreUnsigned() {
    Ends ends = ring(1, NO_FEATURES);
    int head = ends.driver().add(ram.writable(8));
    ends.queue().pop(chain);
    ends.queue().push(chain, 0xffff_ffff);
    ends.queue().publish();
    assertThat(ends.driver().nextUsed()).contains(new Used(head, 0xffff_ffff));
  }

  @Test
  void unpop_makesTheLastChainsAvailableAgain() {
    Ends ends = ring(4, NO_FEATURES);
    int base = ends.queue().base();
    int first = ends.driver().add(ram.readable((byte) 1));
    int second = ends.driver().add(ram.readable((byte) 2));
    Chain other = new Chain();
    ends.queue().pop(chain);
    ends.queue().pop(other);
    ends.queue().unpop(other);
    ends.queue().unpop(chain);
    assertThat(ends.queue().inFlight()).isZero();
    assertThat(ends.queue().base()).isEqualTo(base);
    assertThat(ends.queue().hasAvailable()).isTrue();
    assertThat(ends.queue().pop(chain)).isTrue();
    assertThat(chain.head()).isEqualTo(first);
    assertThat(ends.queue().pop(chain)).isTrue();
    assertThat(chain.head()).isEqualTo(second);
    assertThat(bytes(chain.readable())).containsExactly(2);
    assertThat(ends.queue().fault()).isEmpty();
  }

  @Test
  void singleBuffers_areTakenAndGivenBackTogether() {
    Ends ends = ring(8, NO_FEATURES);
    serveOne(ends); // now it is known where buffers are
    Piece[] rooms = {ram.writable(5), ram.writable(6), ram.writable(7)};
    int[] heads = Arrays.stream(rooms).mapToInt(room -> ends.driver().add(room)).toArray();
    int behind = ends.driver().add(ram.readable((byte) 9));
    SingleBuffers batch = new SingleBuffers(8);

    assertThat(ends.queue().pop(batch, 8, false)).as("readable ones").isZero();
    assertThat(ends.queue().pop(batch, 8, true)).isEqualTo(3);
    assertThat(ends.queue().inFlight()).isEqualTo(3);
    for (int i = 0; i < rooms.length; i++) {
      assertThat(batch.length(i)).isEqualTo(rooms[i].length());
      batch.memory().set(JAVA_BYTE, batch.offset(i), (byte) (40 + i));
      assertThat(ram.bytes(rooms[i])[0]).isEqualTo((byte) (40 + i));
    }
    ends.queue().unpop(batch, 2, 3);
    ends.queue().push(batch, 0, 2, new int[] {1, 2});
    assertThat(ends.queue().inFlight()).isZero();
    assertThat(ends.driver().nextUsed()).isEmpty();
    ends.queue().publish();
    assertThat(ends.driver().nextUsed()).contains(new Used(heads[0], 1));
    assertThat(ends.driver().nextUsed()).contains(new Used(heads[1], 2));
    assertThat(ends.driver().nextUsed()).isEmpty();

    assertThat(ends.queue().pop(chain)).isTrue();
    assertThat(chain.head()).isEqualTo(heads[2]);
    assertThat(ends.queue().pop(batch, 8, false)).isEqualTo(1);
    assertThat(batch.heads[0]).isEqualTo(behind);
  }

  @Test
  void singleBuffers_givenBackBeforeAChainAheadOfThem_goRoundTheRing() {
    Ends ends = ring(8, NO_FEATURES);
    for (int i = 0; i < 6; i++) {
      serveOne(ends);
    }
    int ahead = ends.driver().add(ram.writable(5));
    int last = ends.driver().add(ram.writable(5));
    int[] heads = IntStream.range(0, 3).map(i -> ends.driver().add(ram.writable(5))).toArray();
    assertThat(ends.queue().pop(chain)).isTrue();
    SingleBuffers first = new SingleBuffers(8);
    SingleBuffers others = new SingleBuffers(8);
    assertThat(ends.queue().pop(first, 1, true)).isEqualTo(1);
    assertThat(ends.queue().pop(others, 3, true)).isEqualTo(3);

    ends.queue().push(others, 0, 3, new int[] {1, 2, 3});
    ends.queue().publish();
    for (int i = 0; i < heads.length; i++) {
      assertThat(ends.driver().nextUsed()).contains(new Used(heads[i], i + 1));
    }
    ends.queue().push(first, 0, 1, new int[] {4});
    ends.queue().push(chain, 5);
    ends.queue().publish();
    assertThat(ends.driver().nextUsed()).contains(new Used(last, 4));
    assertThat(ends.driver().nextUsed()).contains(new Used(ahead, 5));
    assertThat(ends.driver().nextUsed()).isEmpty();
  }

  @Test
  void singleBuffers_ofAnAbandonedRing_areOnlyCounted() {
    Ends ends = ring(8, NO_FEATURES);
    serveOne(ends);
    ends.driver().add(ram.writable(5));
    ends.driver().add(ram.writable(5));
    SingleBuffers batch = new SingleBuffers(8);
    assertThat(ends.queue().pop(batch, 1, true)).isEqualTo(1);
    ends.queue().abandon();
    byte[] before = everything();
    assertThat(ends.queue().pop(new SingleBuffers(8), 1, true)).isZero();
    ends.queue().push(batch, 0, 1, new int[] {5});
    ends.queue().publish();
    assertThat(ends.queue().inFlight()).isZero();
    assertThat(everything()).isEqualTo(before);
  }

  @Test
  void singleBuffers_ofSeveralRegions_areOneBatch() {
    try (GuestRam more = new GuestRam(4096, 0x100_0000, 0x100_0000)) {
      Ends ends = ring(8, NO_FEATURES);
      ends.queue().remap(new GuestMemory(List.of(ram.region(), more.region())), ends.areas());
      Piece here = ram.writable(5);
      List<Piece> rooms =
          List.of(here, new Piece(0x100_0010, 5, true), here, new Piece(0x100_0ffb, 5, true));
      rooms.forEach(room -> ends.driver().add(room));
      ends.driver().add(new Piece(0x100_0ffc, 5, true));
      SingleBuffers batch = new SingleBuffers(8);

      assertThat(ends.queue().pop(batch, 8, true)).as("the last one ends outside").isEqualTo(4);
      for (int i = 0; i < 4; i++) {
        batch.memory().set(JAVA_BYTE, batch.offset(i), (byte) (40 + i));
      }
      assertThat(ram.bytes(here)[0]).isEqualTo((byte) 42);
      assertThat(more.at(0x100_0010, 1).get(JAVA_BYTE, 0)).isEqualTo((byte) 41);
      assertThat(more.at(0x100_0ffb, 1).get(JAVA_BYTE, 0)).isEqualTo((byte) 43);
      assertThat(ends.queue().fault()).isEmpty();
      assertThat(ends.queue().pop(batch, 8, true)).isZero();
      assertThat(ends.queue().pop(chain)).isFalse();
      assertThat(ends.queue().fault()).contains(QueueFault.BAD_ADDRESS);
    }
  }

  @Test
  void log_notesSingleBuffersToo() {
    try (SharedLog log = new SharedLog()) {
      Ends ends = ring(8, EVENTS);
      serveOne(ends);
      ends.queue().log(Optional.of(log.log()));
      Piece room = ram.writable(5);
      ends.driver().add(room);
      SingleBuffers batch = new SingleBuffers(8);
      assertThat(ends.queue().pop(batch, 1, true)).isEqualTo(1);
      ends.queue().push(batch, 0, 1, new int[] {5});
      assertThat(log.takeDirtyPages()).contains((int) (room.address() >>> 12));
    }
  }

  @Test
  void fail_latchesTheFirstReasonAndEndsEverything() {
    Ends ends = ring(4, NO_FEATURES);
    ends.driver().add(ram.writable(8));
    ends.driver().add(ram.writable(8));
    ends.queue().pop(chain);
    ends.queue().fail(QueueFault.DEVICE_FAILED);
    ends.queue().fail(QueueFault.BAD_ADDRESS);
    assertThat(ends.queue().fault()).contains(QueueFault.DEVICE_FAILED);
    assertGone(ends);
  }

  @Test
  void unpop_onABrokenRing_makesNothingAvailable() {
    Ends ends = ring(4, NO_FEATURES);
    ends.driver().add(ram.writable(8));
    ends.queue().pop(chain);
    ends.queue().fail(QueueFault.DEVICE_FAILED);
    ends.queue().unpop(chain);
    assertThat(ends.queue().hasAvailable()).isFalse();
    assertThat(ends.queue().pop(chain)).isFalse();
  }

  @Test
  void abandon_leavesMemoryAloneAndGoesOnCounting() {
    Ends ends = ring(4, NO_FEATURES);
    ends.driver().add(ram.writable(8));
    ends.driver().add(ram.writable(8));
    ends.queue().pop(chain);
    ends.queue().abandon();
    assertThat(ends.queue().fault()).isEmpty();
    assertGone(ends);
  }

  /** With {@code chain} in flight and one more chain available. */
  private void assertGone(Ends ends) {
    byte[] before = everything();
    assertThat(ends.queue().hasAvailable()).isFalse();
    assertThat(ends.queue().pop(new Chain())).isFalse();
    assertThat(ends.queue().inFlight()).isEqualTo(1);
    ends.queue().push(chain, 8);
    ends.queue().publish();
    assertThat(ends.queue().inFlight()).isZero();
    assertThat(ends.queue().interruptWanted()).isFalse();
    assertThat(ends.queue().armKicks()).as("may sleep").isTrue();
    ends.queue().disarmKicks();
    assertThat(everything()).isEqualTo(before);
  }

  @Test
  void log_notesEveryPageThatIsWritten_whileItIsThere() {
    try (SharedLog log = new SharedLog()) {
      Ends ends = ring(8, EVENTS);
      serveOne(ends);
      ends.queue().log(Optional.of(log.log()));
      Set<Integer> written = new HashSet<>();
      for (int i = 0; i < 20; i++) {
        written.addAll(serveOne(ends));
      }
      assertThat(written).as("pages of data, and of the ring").hasSizeGreaterThan(20);
      assertThat(log.takeDirtyPages()).containsExactlyInAnyOrderElementsOf(written);

      ends.queue().log(Optional.empty());
      serveOne(ends);
      assertThat(log.takeDirtyPages()).isEmpty();
    }
  }

  /** Serves one request; returns the pages that the device has changed. */
  private List<Integer> serveOne(Ends ends) {
    ends.driver().add(new Piece(ram.allocate(4096, 4096), 4096, true));
    byte[] before = everything();
    ends.queue().disarmKicks();
    assertThat(ends.queue().pop(chain)).isTrue();
    chain.writable().copyFrom(0, MemorySegment.ofArray(new byte[] {1, 2, 3}), 0, 3);
    ends.queue().push(chain, 3);
    ends.queue().publish();
    ends.queue().armKicks();
    byte[] after = everything();
    assertThat(ends.driver().nextUsed()).isPresent();
    return IntStream.range(0, after.length / 4096)
        .filter(page ->
            !Arrays.equals(
                before, page * 4096, (page + 1) * 4096, after, page * 4096, (page + 1) * 4096))
        .mapToObj(page -> page + (int) (GuestRam.GUEST_BASE >>> 12))
        .toList();
  }

  @Test
  void remap_looksAddressesUpInTheNewTable() {
    try (GuestRam more = new GuestRam(4096, 0x100_0000, 0x100_0000)) {
      GuestMemory both = new GuestMemory(List.of(ram.region(), more.region()));
      Ends ends = ring(4, NO_FEATURES);
      assertThat(ends.queue().pop(chain)).isFalse();
      ends.queue().remap(both, ends.areas());
      more.at(0x100_0010, 1).set(JAVA_BYTE, 0, (byte) 42);
      ends.driver().add(new Piece(0x100_0010, 1, false));
      assertThat(ends.queue().pop(chain)).isTrue();
      assertThat(bytes(chain.readable())).containsExactly(42);

      ends.queue().remap(ram.memory(), ends.areas());
      ends.driver().add(new Piece(0x100_0010, 1, false));
      assertThat(ends.queue().pop(chain)).isFalse();
      assertThat(ends.queue().fault()).contains(QueueFault.BAD_ADDRESS);
    }
  }

  @Test
  void aRingOfOneEntry_andTheLargest_work() {
    for (int size : new int[] {1, Virtqueue.MAX_SIZE}) {
      Ends ends = ring(size, NO_FEATURES);
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < size; i++) {
          ends.driver().add(new Piece(GuestRam.GUEST_BASE, 1, true));
        }
        for (int i = 0; i < size; i++) {
          assertThat(ends.queue().pop(chain)).isTrue();
          ends.queue().push(chain, 1);
        }
        assertThat(ends.queue().pop(chain)).isFalse();
        ends.queue().publish();
        for (int i = 0; i < size; i++) {
          assertThat(ends.driver().nextUsed()).isPresent();
        }
      }
      assertThat(ends.queue().fault()).isEmpty();
    }
  }
}
