package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.kvmzone.bridge.testing.PackedDriverRing.AVAIL;
import static org.kvmzone.bridge.testing.PackedDriverRing.USED;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/**
 * Wrap counters, ids, sizes and wishes of a packed ring: classes C5, C6, C7 and C14 of
 * vhost-user.md §5.1.
 */
class PackedHostileIndexTest extends PackedHostileFixture {
  private final Piece piece = new Piece(buffer, 16, true);

  PackedHostileIndexTest(int start) {
    super(start);
  }

  private int slot() {
    return driver.slot(driver.available());
  }

  @Test
  void marksOfTheOtherRound_makeNothingAvailable() {
    int marks = driver.marks(driver.available());
    driver.descriptor(slot(), buffer, 16, 0, WRITE | (marks ^ (AVAIL | USED)));
    assertNothing();
  }

  @Test
  void marksThatAreTheSame_makeNothingAvailable() {
    driver.descriptor(slot(), buffer, 16, 0, WRITE);
    assertNothing();
    driver.descriptor(slot(), buffer, 16, 0, WRITE | AVAIL | USED);
    assertNothing();
  }

  @Test
  void marksThatFlipForAndBack_areFollowed() {
    int flags = WRITE | driver.marks(driver.available());
    for (int i = 0; i < 20; i++) {
      driver.descriptor(slot(), buffer, 16, 0, flags);
      assertThat(queue.hasAvailable()).isTrue();
      driver.flags(slot(), flags ^ (AVAIL | USED));
      assertNothing();
    }
  }

  /** Marks that were right once are not right again when the ring comes round to them. */
  @Test
  void aRingWhoseMarksNeverChange_isTakenFromForOneRound() {
    for (int slot = 0; slot < 8; slot++) {
      driver.descriptor(slot, buffer, 16, slot, WRITE | AVAIL);
    }
    int taken = 0;
    for (int i = 0; i < 100 && queue.pop(chain); i++) {
      taken++;
    }
    assertThat(taken).isLessThanOrEqualTo(8);
    assertThat(queue.fault()).isEmpty();
  }

  @Test
  void aFullRing_isAllowed() {
    for (int i = 0; i < 8; i++) {
      driver.add(piece);
      assertTaken();
    }
    assertNothing();
    assertThat(queue.inFlight()).isEqualTo(8);
  }

  @Test
  void moreAvailableThanTheRingHas() {
    for (int i = 0; i < 8; i++) {
      driver.add(piece);
      assertTaken();
    }
    driver.offer(buffer, 16, 0, WRITE);
    assertBroken(QueueFault.AVAILABLE_INDEX);
  }

  @Test
  void aSlotAgain_beforeTheDriverCanKnowThatItWasGivenBack() {
    for (int i = 0; i < 8; i++) {
      driver.add(piece);
      assertTaken();
      queue.push(chain, 0);
    }
    driver.offer(buffer, 16, 0, WRITE);
    assertBroken(QueueFault.AVAILABLE_INDEX);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 9, 0x7fff, 0x8000, 0xffff})
  void anIdOutsideTheRing(int id) {
    driver.offer(buffer, 16, id, WRITE);
    assertBroken(QueueFault.DESCRIPTOR_INDEX);
  }

  @Test
  void anIdOutsideTheRing_inAChain() {
    driver.offer(buffer, 16, 0, NEXT);
    driver.offer(buffer, 16, 8, WRITE);
    assertBroken(QueueFault.DESCRIPTOR_INDEX);
  }

  @Test
  void anIdTwiceInOneBatch() {
    driver.offer(buffer, 16, 5, WRITE);
    driver.offer(buffer, 16, 5, WRITE);
    assertTaken();
    assertBroken(QueueFault.HEAD_IN_FLIGHT);
  }

  @Test
  void anIdAgainAfterItWasGivenBack_isAllowed() {
    for (int i = 0; i < 40; i++) {
      driver.offer(buffer, 16, 5, WRITE);
      assertTaken();
      queue.push(chain, 0);
      queue.publish();
    }
  }

  @Test
  void anIdAgainAfterItWasUndone_isAllowed() {
    driver.offer(buffer, 16, 5, NEXT);
    driver.offer(buffer, 16, 5, WRITE);
    int base = queue.base();
    for (int i = 0; i < 3; i++) {
      assertTaken();
      queue.unpop(chain);
      assertThat(queue.base()).isEqualTo(base);
    }
    assertTaken();
  }

  /** The device's own count of slots goes on, whatever is in memory. */
  @Test
  void theChainsThatAreInFlight_areNotReadAgain() {
    int first = driver.add(piece, piece, piece);
    int second = driver.add(piece);
    Chain long3 = taken();
    Chain short1 = taken();
    driver.memory().descriptors().fill((byte) 0x55);
    queue.push(short1, 1);
    queue.push(long3, 2);
    queue.publish();
    assertThat(driver.nextUsed()).contains(new Used(second, 1));
    assertThat(driver.nextUsed()).contains(new Used(first, 2));
  }

  @Test
  void whatWasInFlightWhenTheRingBroke_isOnlyCounted() {
    driver.add(piece);
    assertTaken();
    driver.offer(buffer, 16, 8, WRITE);
    assertThat(queue.pop(new Chain())).isFalse();
    queue.push(chain, 16);
    queue.publish();
    assertThat(queue.inFlight()).isZero();
    assertThat(driver.nextUsed()).isEmpty();
  }

  /** Whatever a driver wishes, it is interrupted or not, and the ring goes on. */
  @Test
  void wishesOfNonsense_areHarmless() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    queue = device(Features.EVENT_IDX);
    int interrupts = 0;
    for (int i = 0; i < 1_000; i++) {
      driver.driverEvents(random.nextInt(0x1_0000), random.nextInt(0x1_0000));
      driver.memory().used().fill((byte) random.nextInt());
      driver.add(piece);
      assertTaken();
      queue.push(chain, 0);
      queue.publish();
      interrupts += queue.interruptWanted() ? 1 : 0;
      assertThat(queue.armKicks()).isTrue();
      queue.disarmKicks();
      assertThat(driver.nextUsed()).isPresent();
    }
    assertThat(interrupts).as("seed %d", seed).isBetween(1, 999);
  }

  @Test
  void aWishForADescriptor_thatWasNotNegotiated_isAWishForAll() {
    driver.driverEvents(driver.offWrap(driver.available()) ^ 0x8000, 2);
    queue = device(0);
    driver.add(piece);
    assertTaken();
    queue.push(chain, 0);
    queue.publish();
    assertThat(queue.interruptWanted()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 32769, 65535, 65536, Integer.MIN_VALUE})
  void aSizeThatIsNone_isRefused(int size) {
    assertThat(PackedVirtqueue.isValidSize(size)).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PackedVirtqueue(size, 0, 0, memory, driver.memory()))
        .withMessage("packed ring of " + size + " entries at 0x0");
  }

  @ParameterizedTest
  @CsvSource({"1, 0x8000", "3, 2", "6, 0x8005", "32768, 0xffff"})
  void sizesThatAreNoPowerOfTwo_andPlacesInThem_areAllowed(int size, int base) {
    assertThat(PackedVirtqueue.isValidSize(size)).isTrue();
    assertThat(PackedVirtqueue.isValidBase(size, base)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 0x8003", "6, 0x7fff", "32767, 0xffff"})
  void aBaseOutsideTheRing_isRefused(int size, int base) {
    assertThat(PackedVirtqueue.isValidBase(size, base)).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PackedVirtqueue(size, 0, base, memory, driver.memory()));
  }

  @Test
  void ringAreas_areFoundWhereTheyLieAsAWhole() {
    long at = GuestRam.USER_BASE;
    long end = at + RAM_BYTES;
    assertThat(RingMemory.locatePacked(memory, 8, end - 128, end - 4, end - 4)).isPresent();
    assertThat(RingMemory.locatePacked(memory, 8, end - 112, at, at)).isEmpty();
    assertThat(RingMemory.locatePacked(memory, 8, at, end, at)).isEmpty();
    assertThat(RingMemory.locatePacked(memory, 8, at, at, end)).isEmpty();
    assertThat(RingMemory.locatePacked(memory, 8, GuestRam.GUEST_BASE, at, at)).isEmpty();
  }

  @Test
  void ringAreasThatAreNotAligned_areRefused() {
    long at = GuestRam.USER_BASE;
    assertThat(RingMemory.locatePacked(memory, 8, at + 8, at, at)).isEmpty();
    assertThat(RingMemory.locatePacked(memory, 8, at, at + 2, at)).isEmpty();
    assertThat(RingMemory.locatePacked(memory, 8, at, at, at + 2)).isEmpty();
  }
}
