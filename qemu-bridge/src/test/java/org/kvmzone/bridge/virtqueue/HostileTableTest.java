package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;

/** Indirect tables: class C2 of vhost-user.md §5.1; virtio 1.3 §2.7.5.3. */
class HostileTableTest extends HostileFixture {
  private final long table = ram.allocate(2048 * 16, 16);

  private void entry(int index, long address, int length, int flags, int next) {
    DriverRing.descriptor(ram.at(table, 2048 * 16), index, address, length, flags, next);
  }

  /** Makes available a descriptor that refers to a table. */
  private void refer(long address, int length, int flags) {
    driver.descriptor(0, address, length, INDIRECT | flags, 0);
    driver.available(0);
  }

  @Test
  void aTable_isAllowed() {
    entry(0, buffer, 16, NEXT, 2);
    entry(2, buffer, 8, WRITE, 0);
    refer(table, 48, 0);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(16);
    assertThat(chain.writable().bytes()).isEqualTo(8);
  }

  @Test
  void aTableBehindDirectDescriptors_isAllowed() {
    entry(0, buffer, 8, WRITE, 0);
    driver.descriptor(4, buffer, 16, NEXT, 5);
    driver.descriptor(5, table, 16, INDIRECT, 0);
    driver.available(4);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(16);
    assertThat(chain.writable().bytes()).isEqualTo(8);
  }

  @Test
  void theWriteFlagOfTheReference_isIgnored() {
    entry(0, buffer, 16, 0, 0);
    refer(table, 16, WRITE);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(16);
  }

  @Test
  void aTableThatWasNotNegotiated() {
    queue = new SplitVirtqueue(8, 0, 0, memory, driver.memory());
    entry(0, buffer, 16, 0, 0);
    refer(table, 16, 0);
    assertBroken(QueueFault.INDIRECT_FORBIDDEN);
  }

  @Test
  void aTableInATable() {
    entry(0, buffer, 16, NEXT, 1);
    entry(1, table, 16, INDIRECT, 0);
    refer(table, 32, 0);
    assertBroken(QueueFault.INDIRECT_FORBIDDEN);
  }

  @Test
  void aTableThatHasANext() {
    entry(0, buffer, 16, 0, 0);
    refer(table, 16, NEXT);
    assertBroken(QueueFault.INDIRECT_FORBIDDEN);
  }

  @Test
  void aTableOfNoLength() {
    refer(table, 0, 0);
    assertBroken(QueueFault.INDIRECT_LENGTH);
  }

  @Test
  void aTableOfAFractionOfEntries() {
    entry(0, buffer, 16, 0, 0);
    refer(table, 24, 0);
    assertBroken(QueueFault.INDIRECT_LENGTH);
  }

  @Test
  void aTableShorterThanAnEntry() {
    refer(table, 15, 0);
    assertBroken(QueueFault.INDIRECT_LENGTH);
  }

  @Test
  void anEntryThatPointsToItself() {
    entry(0, buffer, 16, NEXT, 0);
    refer(table, 16, 0);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aLoopInsideATable() {
    entry(0, buffer, 0, NEXT, 2);
    entry(2, buffer, 0, NEXT, 1);
    entry(1, buffer, 0, NEXT, 2);
    refer(table, 48, 0);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aNextOutsideTheTable_evenIfItIsInTheRing() {
    entry(0, buffer, 16, NEXT, 2);
    refer(table, 32, 0);
    assertBroken(QueueFault.DESCRIPTOR_INDEX);
  }

  @Test
  void aTableOf1024Entries_isAllowed() {
    for (int i = 0; i < 1024; i++) {
      entry(i, buffer, 1, i == 1023 ? 0 : NEXT, i + 1);
    }
    refer(table, 1024 * 16, 0);
    assertTaken();
    assertThat(chain.readable().count()).isEqualTo(1024);
  }

  @Test
  void aTableOf1025Entries() {
    for (int i = 0; i < 1025; i++) {
      entry(i, buffer, 1, i == 1024 ? 0 : NEXT, i + 1);
    }
    refer(table, 1025 * 16, 0);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aTableLargerThanItsChain_isAllowed() {
    entry(0, buffer, 16, 0, 0);
    refer(table, 2048 * 16, 0);
    assertTaken();
  }

  @Test
  void aTableOutsideMemory() {
    refer(GAP, 16, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void aTableThatEndsOutsideMemory() {
    DriverRing.descriptor(adjacent.at(GAP - 16, 16), 0, buffer, 16, 0, 0);
    refer(GAP - 16, 32, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void aTableAtTheVeryEnd_isAllowed() {
    DriverRing.descriptor(adjacent.at(GAP - 16, 16), 0, buffer, 16, 0, 0);
    refer(GAP - 16, 16, 0);
    assertTaken();
  }

  @Test
  void aTableThatWrapsAround_evenIfMemoryGoesOnAtZero() {
    DriverRing.descriptor(highest.at(-16, 16), 0, buffer, 16, 0, 0);
    refer(-16, 32, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void theLongestTableThereIs() {
    refer(table, 0xffff_fff0, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  /** Twice, because the private copy of such a table is kept and filled again. */
  @Test
  void aTableAcrossTwoRegions_isAllowed() {
    try (Arena arena = Arena.ofConfined()) {
      for (long round = 1; round <= 2; round++) {
        MemorySegment entries = arena.allocate(64);
        for (int i = 0; i < 4; i++) {
          DriverRing.descriptor(
              entries, i, buffer, (int) round * (1 + i), i == 3 ? 0 : NEXT, i + 1);
        }
        // The border is in the middle of the second entry.
        MemorySegment.copy(entries, 0, ram.at(BORDER - 24, 24), 0, 24);
        MemorySegment.copy(entries, 24, adjacent.at(BORDER, 40), 0, 40);
        refer(BORDER - 24, 64, 0);
        assertTaken();
        assertThat(chain.readable().bytes()).isEqualTo(round * 10);
        queue.push(chain, 0);
        queue.publish();
      }
    }
  }

  @Test
  void aTableAcrossTwoRegionsIntoAGap() {
    DriverRing.descriptor(ram.at(BORDER - 16, 16), 0, buffer, 16, 0, 0);
    refer(BORDER - 16, PAGE + 32, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }

  @Test
  void aLoopInATableAcrossTwoRegions() {
    DriverRing.descriptor(ram.at(BORDER - 16, 16), 0, buffer, 16, NEXT, 1);
    DriverRing.descriptor(adjacent.at(BORDER, 16), 0, buffer, 16, NEXT, 0);
    refer(BORDER - 16, 32, 0);
    assertBroken(QueueFault.CHAIN_TOO_LONG);
  }

  @Test
  void aTableAtAnOddAddress_isAllowed() {
    DriverRing.descriptor(ram.at(table + 3, 16), 0, buffer, 16, 0, 0);
    refer(table + 3, 16, 0);
    assertTaken();
    assertThat(chain.readable().bytes()).isEqualTo(16);
  }

  @Test
  void aTableThatIsTheRingItself() {
    driver.descriptor(0, driver.descriptorsAt(), 8 * 16, INDIRECT, 0);
    driver.available(0);
    assertBroken(QueueFault.INDIRECT_FORBIDDEN);
  }

  @Test
  void anEntryThatLiesAboutMemory() {
    entry(0, buffer, 16, NEXT, 1);
    entry(1, GuestRam.GUEST_BASE - 1, 1, WRITE, 0);
    refer(table, 32, 0);
    assertBroken(QueueFault.BAD_ADDRESS);
  }
}
