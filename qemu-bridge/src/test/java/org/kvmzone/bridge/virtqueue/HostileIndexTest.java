package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** Indices, heads and sizes: classes C5, C6 and C7 of vhost-user.md §5.1. */
class HostileIndexTest extends HostileFixture {
  private final Piece piece = new Piece(buffer, 16, true);

  @Test
  void anIndexFurtherAheadThanTheRingIsLong() {
    driver.availableIndex(9);
    assertBroken(QueueFault.AVAILABLE_INDEX);
  }

  @Test
  void anIndexThatGoesBackwards() {
    driver.add(piece);
    assertTaken();
    queue.push(chain, 0);
    queue.publish();
    driver.availableIndex(0);
    assertBroken(QueueFault.AVAILABLE_INDEX);
  }

  @Test
  void anIndexJustBelowZero() {
    driver.availableIndex(0xffff);
    assertBroken(QueueFault.AVAILABLE_INDEX);
  }

  @Test
  void anIndexBackwardsInTheLargestRing() {
    ringOf(Virtqueue.MAX_SIZE);
    driver.availableIndex(0xffff);
    assertBroken(QueueFault.AVAILABLE_INDEX);
  }

  @Test
  void aFullRing_isAllowed() {
    for (int i = 0; i < 8; i++) {
      driver.add(piece);
    }
    for (int i = 0; i < 8; i++) {
      assertTaken();
    }
    assertThat(queue.pop(chain)).isFalse();
    assertThat(queue.fault()).isEmpty();
  }

  @Test
  void moreAvailableThanTheDriverCanHave() {
    for (int i = 0; i < 8; i++) {
      driver.add(piece);
      assertTaken();
    }
    driver.available(0);
    assertBroken(QueueFault.AVAILABLE_INDEX);
  }

  @Test
  void anIndexThatRacesForwardWhileItIsFollowed() {
    driver.descriptor(0, buffer, 16, WRITE, 0);
    for (int i = 0; i < 8; i++) {
      driver.available(0);
    }
    assertTaken();
    driver.availableIndex(16);
    assertBroken(QueueFault.HEAD_IN_FLIGHT);
  }

  @Test
  void aHeadOutsideTheTable() {
    driver.available(8);
    assertBroken(QueueFault.DESCRIPTOR_INDEX);
  }

  @Test
  void aHeadOfTheLargestNumber() {
    driver.available(0xffff);
    assertBroken(QueueFault.DESCRIPTOR_INDEX);
  }

  @Test
  void aHeadTwiceInOneBatch() {
    driver.descriptor(5, buffer, 16, WRITE, 0);
    driver.available(5);
    driver.available(5);
    assertTaken();
    assertBroken(QueueFault.HEAD_IN_FLIGHT);
  }

  @Test
  void aHeadAgainBeforeItIsGivenBack() {
    driver.descriptor(5, buffer, 16, WRITE, 0);
    driver.available(5);
    assertTaken();
    assertThat(queue.pop(chain)).isFalse();
    driver.available(5);
    assertBroken(QueueFault.HEAD_IN_FLIGHT);
  }

  @Test
  void aHeadAgainAfterItWasGivenBack_isAllowed() {
    driver.descriptor(5, buffer, 16, WRITE, 0);
    for (int i = 0; i < 20; i++) {
      driver.available(5);
      assertTaken();
      queue.push(chain, 0);
      queue.publish();
    }
  }

  @Test
  void whatWasInFlightWhenTheRingBroke_isOnlyCounted() {
    driver.add(piece);
    assertTaken();
    driver.available(8);
    assertThat(queue.pop(new Chain())).isFalse();
    byte[] before = ram.bytes(new Piece(driver.usedAt(), 6 + 8 * 8, false));
    queue.push(chain, 16);
    queue.publish();
    assertThat(queue.inFlight()).isZero();
    assertThat(ram.bytes(new Piece(driver.usedAt(), 6 + 8 * 8, false))).isEqualTo(before);
    assertThat(driver.nextUsed()).isEmpty();
  }

  @Test
  void theUsedRing_isNotReadAgain() {
    // A driver that writes the device's index: it is the device's own count that goes on.
    driver.add(piece);
    assertTaken();
    driver.memory().used().fill((byte) 0x55);
    queue.push(chain, 1);
    queue.publish();
    assertThat(driver.memory().used().get(JAVA_SHORT, 2)).isEqualTo((short) 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 3, 6, 32769, 65535, 65536, Integer.MIN_VALUE})
  void aSizeThatIsNone_isRefused(int size) {
    assertThat(SplitVirtqueue.isValidSize(size)).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SplitVirtqueue(size, 0, 0, memory, driver.memory()))
        .withMessage("split ring of " + size + " entries");
  }

  @Test
  void aRing_goesOnWhereAnotherBackEndStopped() {
    for (int i = 0; i < 5; i++) {
      driver.add(piece);
      assertTaken();
      queue.push(chain, 0);
      queue.publish();
      assertThat(driver.nextUsed()).isPresent();
    }
    int base = queue.base();
    assertThat(base).isEqualTo(5);
    int head = driver.add(piece);
    queue = new SplitVirtqueue(8, 0, base, memory, driver.memory());
    assertTaken();
    assertThat(chain.head()).isEqualTo(head);
    queue.push(chain, 3);
    queue.publish();
    assertThat(driver.nextUsed()).contains(new DriverRing.Used(head, 3));
  }

  @Test
  void ringAreas_areFoundWhereTheyLieAsAWhole() {
    long at = GuestRam.USER_BASE;
    long end = at + RAM_BYTES;
    assertThat(RingMemory.locate(memory, 8, at, at + 128, at + 152)).isPresent();
    assertThat(RingMemory.locate(memory, 8, end - 128, at, at + 24)).isPresent();
    assertThat(RingMemory.locate(memory, 8, end - 112, at, at + 24)).isEmpty();
    assertThat(RingMemory.locate(memory, 8, at, end - 22, at + 24)).isPresent();
    assertThat(RingMemory.locate(memory, 8, at, end - 20, at + 24)).isEmpty();
    assertThat(RingMemory.locate(memory, 8, at, at, end - 72)).isPresent();
    assertThat(RingMemory.locate(memory, 8, at, at, end - 68)).isEmpty();
    assertThat(RingMemory.locate(memory, 8, GuestRam.GUEST_BASE, at, at)).isEmpty();
    assertThat(RingMemory.locate(memory, 8, -16, at, at)).isEmpty();
    assertThat(RingMemory.locate(memory, Virtqueue.MAX_SIZE, at, at, end - 64)).isEmpty();
  }

  @Test
  void ringAreasThatAreNotAligned_areRefused() {
    long at = GuestRam.USER_BASE;
    assertThat(RingMemory.locate(memory, 8, at + 8, at, at)).isEmpty();
    assertThat(RingMemory.locate(memory, 8, at, at + 1, at)).isEmpty();
    assertThat(RingMemory.locate(memory, 8, at, at, at + 2)).isEmpty();
  }

  @Test
  void ringAreasThatAreAlignedForTheFrontEndAlone_areRefused() {
    try (GuestRam odd = new GuestRam(PAGE, GuestRam.GUEST_BASE, 0x5000_0001)) {
      assertThat(RingMemory.locate(odd.memory(), 8, 0x5000_0010, 0x5000_0100, 0x5000_0200))
          .isEmpty();
    }
  }
}
