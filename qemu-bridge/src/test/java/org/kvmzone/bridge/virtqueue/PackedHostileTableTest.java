package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.PackedDriverRing;

/** Indirect tables of a packed ring: class C2 of vhost-user.md §5.1; virtio 1.3 §2.8.7, §2.8.19. */
class PackedHostileTableTest extends PackedHostileFixture {
  private final long table = ram.allocate(2048 * 16, 16);

  PackedHostileTableTest(int start) {
    super(start);
  }

  private void entry(int index, long address, int length, int flags) {
    PackedDriverRing.descriptor(ram.at(table, 2048 * 16), index, address, length, 0xffff, flags);
  }

  /** Makes available a descriptor that refers to a table. */
  private void refer(long address, int length, int flags) {
    driver.offer(address, length, 5, INDIRECT | flags);
  }

  @Test
  void aTable_isAllowedAndUsedAsAWhole() {
    entry(0, buffer, 16, 0);
    entry(1, buffer, 8, WRITE);
    entry(2, buffer, 4, WRITE);
    refer(table, 48, 0);
    assertTaken();
    assertThat(chain.head()).isEqualTo(5);
    assertThat(chain.readable().bytes()).isEqualTo(16);
    assertThat(chain.writable().bytes()).isEqualTo(12);
  }

  @Test
  void flagsOfEntriesButWrite_areIgnored() {
    entry(0, buffer, 16, 0xffff & ~WRITE);
    entry(1, buffer, 8, 0xffff);
    refer(table, 32, 0);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(16);
    assertThat(chain.writable().bytes()).isEqualTo(8);
  }

  @Test
  void theWriteFlagOfTheReference_isIgnored() {
    entry(0, buffer, 16, 0);
    refer(table, 16, WRITE);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(16);
  }

  @Test
  void aTableThatWasNotNegotiated() {
    queue = device(0);
    entry(0, buffer, 16, 0);
    refer(table, 16, 0);
    assertBroken(QueueFault.INDIRECT_FORBIDDEN);
  }

  @Test
  void aTableThatHasANext() {
    entry(0, buffer, 16, 0);
    refer(table, 16, NEXT);
    assertBroken(QueueFault.INDIRECT_FORBIDDEN);
  }

  @Test
  void aTableBehindDirectDescriptors() {
    entry(0, buffer, 16, WRITE);
    driver.offer(buffer, 16, 5, NEXT);
    refer(table, 16, 0);
    assertBroken(QueueFault.INDIRECT_FORBIDDEN);
  }

  @Test
  void aTableOfNoLength() {
    refer(table, 0, 0);
    assertBroken(QueueFault.INDIRECT_LENGTH);
  }

  @Test
  void aTableOfAFractionOfEntries() {
    entry(0, buffer, 16, 0);
    refer(table, 24, 0);
    assertBroken(QueueFault.INDIRECT_LENGTH);
  }

  @Test
  void aTableShorterThanAnEntry() {
    refer(table, 15, 0);
    assertBroken(QueueFault.INDIRECT_LENGTH);
  }

  @Test
  void aTableOf1024Entries_isAllowed() {
    for (int i = 0; i < 1024; i++) {
      entry(i, buffer, 1, 0);
    }
    refer(table, 1024 * 16, 0);
    assertTaken();
    assertThat(chain.readable().count()).isEqualTo(1024);
    assertThat(chain.effort()).isEqualTo(1024);
  }

  @Test
  void aTableOf1025Entries() {
    refer(table, 1025 * 16, 0);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void theLongestTableThereIs() {
    refer(table, 0xffff_fff0, 0);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void readableAfterWritable() {
    entry(0, buffer, 16, WRITE);
    entry(1, buffer, 16, 0);
    refer(table, 32, 0);
    assertBroken(QueueFault.READABLE_AFTER_WRITABLE);
  }

  @Test
  void aTableOutsideMemory() {
    refer(GAP, 16, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void aTableThatEndsOutsideMemory() {
    PackedDriverRing.descriptor(adjacent.at(GAP - 16, 16), 0, buffer, 16, 0, 0);
    refer(GAP - 16, 32, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void aTableThatWrapsAround_evenIfMemoryGoesOnAtZero() {
    PackedDriverRing.descriptor(highest.at(-16, 16), 0, buffer, 16, 0, 0);
    refer(-16, 32, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void aTableAcrossTwoRegions_isAllowed() {
    MemorySegment entries = MemorySegment.ofArray(new byte[64]);
    for (int i = 0; i < 4; i++) {
      PackedDriverRing.descriptor(entries, i, buffer, 1 + i, 0, 0);
    }
    // The border is in the middle of the second entry.
    MemorySegment.copy(entries, 0, ram.at(BORDER - 24, 24), 0, 24);
    MemorySegment.copy(entries, 24, adjacent.at(BORDER, 40), 0, 40);
    refer(BORDER - 24, 64, 0);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(10);
    assertThat(chain.effort()).as("copied and read").isEqualTo(8);
  }

  @Test
  void aTableAtAnOddAddress_isAllowed() {
    PackedDriverRing.descriptor(ram.at(table + 3, 16), 0, buffer, 16, 0, 0);
    refer(table + 3, 16, 0);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(16);
  }

  /** In a packed ring that is no loop: what an entry refers to is memory, not another table. */
  @Test
  void aTableThatIsTheRingItself_isMemoryLikeAnyOther() {
    for (int slot = 0; slot < 8; slot++) {
      driver.descriptor(slot, buffer, 1, 0, 0);
    }
    refer(driver.descriptorsAt(), 8 * 16, 0);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(7 + 8 * 16);
  }

  @Test
  void anEntryThatLiesAboutMemory() {
    entry(0, buffer, 16, 0);
    entry(1, GuestRam.GUEST_BASE - 1, 1, WRITE);
    refer(table, 32, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }
}
