package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.PackedDriverRing;

/**
 * Chains of a packed ring that do not end, or lie about memory: classes C1, C3 and C14 of
 * vhost-user.md §5.1.
 */
class PackedHostileChainTest extends PackedHostileFixture {
  PackedHostileChainTest(int start) {
    super(start);
  }

  private void one(long address, int length, int flags) {
    driver.offer(address, length, 0, flags);
  }

  private void chainOf(int length, int lastFlags) {
    for (int i = 0; i < length; i++) {
      driver.offer(buffer, 1, 3, i == length - 1 ? lastFlags : NEXT);
    }
  }

  @Test
  void aChainAsLongAsTheRing_isAllowed() {
    chainOf(8, 0);
    assertTaken();
    assertThat(chain.readable().count()).isEqualTo(8);
    assertThat(chain.head()).isEqualTo(3);
    assertNothing();
  }

  @Test
  void aChainThatGoesRoundTheRing() {
    chainOf(8, NEXT);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aChainThatRunsIntoOneInFlight() {
    chainOf(3, 0);
    assertTaken();
    for (int i = 0; i < 5; i++) {
      driver.offer(buffer, 1, 4, NEXT);
    }
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aChainThatRunsIntoOneGivenBackButNotPublished() {
    chainOf(3, 0);
    assertTaken();
    queue.push(chain, 0);
    for (int i = 0; i < 5; i++) {
      driver.offer(buffer, 1, 4, NEXT);
    }
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aChainThatEndsJustBeforeOneInFlight_isAllowed() {
    chainOf(3, 0);
    assertTaken();
    for (int i = 0; i < 5; i++) {
      driver.offer(buffer, 1, 4, i == 4 ? 0 : NEXT);
    }
    assertTaken();
    assertThat(queue.inFlight()).isEqualTo(2);
  }

  @Test
  void anEndlessChainInARingOfOneEntry() {
    ringOf(1);
    one(buffer, 16, NEXT);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aChainOf1024InALargeRing_isAllowed() {
    ringOf(4096);
    chainOf(1024, 0);
    assertTaken();
    assertThat(chain.readable().count()).isEqualTo(1024);
  }

  @Test
  void aChainOf1025InALargeRing() {
    ringOf(4096);
    chainOf(1025, 0);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  /** A driver marks a chain's first descriptor last; what the others say of it is not asked. */
  @Test
  void descriptorsBehindTheFirst_needNoMarks() {
    one(buffer, 16, NEXT);
    int second = driver.slot(driver.available());
    one(buffer, 8, WRITE);
    driver.flags(second, WRITE);
    assertTaken();
    assertThat(chain.writable().bytes()).isEqualTo(8);
  }

  @Test
  void flagsThatMeanNothing_areIgnored() {
    one(buffer, 16, 0x7f78);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(16);
  }

  @Test
  void readableAfterWritable() {
    one(buffer, 16, WRITE | NEXT);
    one(buffer, 16, 0);
    assertBroken(QueueFault.READABLE_AFTER_WRITABLE);
  }

  @Test
  void readableAfterAWritableOneOfNoLength() {
    one(buffer, 0, WRITE | NEXT);
    one(buffer, 16, 0);
    assertBroken(QueueFault.READABLE_AFTER_WRITABLE);
  }

  @Test
  void anAddressInAGap() {
    one(GAP, 1, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void anEndInAGap() {
    one(GAP - 8, 9, WRITE);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void aRunAcrossTwoRegionsThatTouch_isAllowed() {
    one(BORDER - 10, 30, WRITE);
    assertTaken();
    assertThat(chain.writable().count()).isEqualTo(2);
    assertThat(chain.writable().bytes()).isEqualTo(30);
  }

  @Test
  void aRunThatWrapsAround_evenIfMemoryGoesOnAtZero() {
    one(-8, 16, WRITE);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void aBadAddressBehindAGoodOne() {
    one(buffer, 16, NEXT);
    one(GuestRam.GUEST_BASE - 1, 1, WRITE);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void aPieceOfNoLength_hasNoAddress() {
    one(GAP, 0, WRITE);
    assertTaken();
    assertThat(chain.writable().count()).isZero();
  }

  @Test
  void chainsUpToFourGiB_areAllowedAndNotAByteMore() {
    try (GuestRam large = new GuestRam(5L << 30)) {
      PackedDriverRing ring = new PackedDriverRing(large, 8);
      Virtqueue device = new PackedVirtqueue(8, 0, ring.base(), large.memory(), ring.memory());
      ring.offer(GuestRam.GUEST_BASE, 0xffff_fffe, 0, NEXT);
      ring.offer(GuestRam.GUEST_BASE, 1, 0, 0);
      ring.offer(GuestRam.GUEST_BASE, 0xffff_ffff, 1, NEXT);
      ring.offer(GuestRam.GUEST_BASE, 1, 1, WRITE);
      assertThat(device.pop(chain)).isTrue();
      assertThat(chain.readable().bytes()).isEqualTo(0xffff_ffffL);
      assertThat(device.pop(chain)).isFalse();
      assertThat(device.fault()).contains(QueueFault.TOO_MANY_BYTES);
    }
  }
}
