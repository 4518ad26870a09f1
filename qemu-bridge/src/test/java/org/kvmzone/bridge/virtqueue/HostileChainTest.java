package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;

/** Chains that loop, run too long, or lie about memory: classes C1 and C3 of vhost-user.md §5.1. */
class HostileChainTest extends HostileFixture {
  private void one(long address, int length, int flags) {
    driver.descriptor(0, address, length, flags, 0);
    driver.available(0);
  }

  /** A chain of {@code length} readable descriptors; the last one points to {@code next}. */
  private void chainOf(int length, int lastFlags, int next) {
    for (int i = 0; i < length; i++) {
      boolean last = i == length - 1;
      driver.descriptor(i, buffer, 1, last ? lastFlags : NEXT, last ? next : i + 1);
    }
    driver.available(0);
  }

  @Test
  void aDescriptorThatPointsToItself() {
    driver.descriptor(3, buffer, 16, NEXT, 3);
    driver.available(3);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void twoDescriptorsThatPointToEachOther() {
    driver.descriptor(1, buffer, 16, NEXT, 2);
    driver.descriptor(2, buffer, 16, NEXT, 1);
    driver.available(1);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aLoopBehindAnHonestBeginning() {
    chainOf(5, NEXT, 2);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aChainAsLongAsTheRing_isAllowed() {
    chainOf(8, 0, 0);
    assertTaken();
    assertThat(chain.readable().count()).isEqualTo(8);
  }

  @Test
  void aChainOfOneMoreThanTheRing() {
    chainOf(8, NEXT, 0);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aLoopOfEmptyDescriptors() {
    driver.descriptor(0, buffer, 0, NEXT, 1);
    driver.descriptor(1, buffer, 0, NEXT, 0);
    driver.available(0);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aChainOf1024InALargeRing_isAllowed() {
    ringOf(4096);
    chainOf(1024, 0, 0);
    assertTaken();
    assertThat(chain.readable().count()).isEqualTo(1024);
  }

  @Test
  void aChainOf1025InALargeRing() {
    ringOf(4096);
    chainOf(1025, 0, 0);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aNextOutsideTheTable() {
    driver.descriptor(0, buffer, 16, NEXT, 8);
    driver.available(0);
    assertBroken(QueueFault.DESCRIPTOR_INDEX);
  }

  @Test
  void aNextOfTheLargestIndex() {
    driver.descriptor(0, buffer, 16, NEXT, 0xffff);
    driver.available(0);
    assertBroken(QueueFault.DESCRIPTOR_INDEX);
  }

  @Test
  void aNextOutsideTheTable_withoutTheFlag_isNotLookedAt() {
    driver.descriptor(0, buffer, 16, 0, 0xffff);
    driver.available(0);
    assertTaken();
  }

  @Test
  void flagsThatMeanNothing_areIgnored() {
    one(buffer, 16, 0xfff8);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(16);
  }

  @Test
  void readableAfterWritable() {
    driver.descriptor(0, buffer, 16, WRITE | NEXT, 1);
    driver.descriptor(1, buffer, 16, 0, 0);
    driver.available(0);
    assertBroken(QueueFault.READABLE_AFTER_WRITABLE);
  }

  @Test
  void readableAfterAWritableOneOfNoLength() {
    driver.descriptor(0, buffer, 0, WRITE | NEXT, 1);
    driver.descriptor(1, buffer, 16, 0, 0);
    driver.available(0);
    assertBroken(QueueFault.READABLE_AFTER_WRITABLE);
  }

  @Test
  void anAddressInAGap() {
    one(GAP, 1, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void anAddressJustBelowMemory() {
    one(GuestRam.GUEST_BASE - 1, 2, WRITE);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void anEndInAGap() {
    one(GAP - 8, 9, WRITE);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void theVeryLastBytes_areAllowed() {
    one(GAP - 8, 8, 0);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(8);
  }

  @Test
  void aRunAcrossTwoRegionsThatTouch_isAllowed() {
    one(BORDER - 10, 30, WRITE);
    assertTaken();
    assertThat(chain.writable().bytes()).isEqualTo(30);
    assertThat(chain.writable().count()).isEqualTo(2);
    assertThat(chain.writable().length(0)).isEqualTo(10);
    chain.writable().setByte(9, (byte) 1);
    chain.writable().setByte(10, (byte) 2);
    assertThat(ram.bytes(new GuestRam.Piece(BORDER - 1, 1, false))).containsExactly(1);
    assertThat(adjacent.bytes(new GuestRam.Piece(BORDER, 1, false))).containsExactly(2);
  }

  @Test
  void aRunAcrossTwoRegionsIntoAGap() {
    one(BORDER - 10, PAGE + 11, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void theEndOfTheAddressSpace_isAllowed() {
    one(-8, 8, 0);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(8);
  }

  @Test
  void aRunThatWrapsAround_evenIfMemoryGoesOnAtZero() {
    one(-8, 16, WRITE);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void theLargestAddressAndLength() {
    one(-1, -1, WRITE);
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
      DriverRing ring = new DriverRing(large, 8);
      Virtqueue device = new SplitVirtqueue(8, 0, 0, large.memory(), ring.memory());
      ring.descriptor(0, GuestRam.GUEST_BASE, 0xffff_fffe, NEXT, 1);
      ring.descriptor(1, GuestRam.GUEST_BASE, 1, 0, 0);
      ring.descriptor(2, GuestRam.GUEST_BASE, 0xffff_ffff, NEXT, 3);
      ring.descriptor(3, GuestRam.GUEST_BASE, 1, WRITE, 0);
      ring.available(0);
      ring.available(2);
      assertThat(device.pop(chain)).isTrue();
      assertThat(chain.readable().bytes()).isEqualTo(0xffff_ffffL);
      assertThat(device.pop(chain)).isFalse();
      assertThat(device.fault()).contains(QueueFault.TOO_MANY_BYTES);
    }
  }
}
