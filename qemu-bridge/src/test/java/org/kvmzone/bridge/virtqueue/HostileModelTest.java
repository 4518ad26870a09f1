package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.virtqueue.ReferenceReader.Outcome;

/**
 * Descriptors written by dice, honest ones between them: each chain is taken or refused exactly as
 * the reference says, for the same reason, with the same memory.
 */
class HostileModelTest extends HostileFixture {
  private static final int CHAINS = 30_000;
  private static final int SIZE = 8;
  private static final int ENTRIES = 6;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final long[] tables = {
    ram.allocate(ENTRIES * 16L, 16),
    ram.allocate(ENTRIES * 16L, 16) + 3, // odd: a table need not be aligned
    BORDER - 24, // across two regions
    GAP - 40, // ends too soon
  };

  @Test
  void everyChain_isWhatTheReferenceSays() {
    Map<QueueFault, Integer> faults = new EnumMap<>(QueueFault.class);
    int taken = 0;
    long features = 0;
    for (int i = 0; i < CHAINS; i++) {
      if (queue.fault().isPresent() || i == 0) {
        driver.startAt(random.nextInt(0x1_0000));
        features = random.nextInt(8) == 0 ? 0 : Features.INDIRECT_DESC;
        queue =
            new SplitVirtqueue(SIZE, features, driver.availableSoFar(), memory, driver.memory());
      }
      scribble();
      int head = random.nextInt(SIZE);
      Outcome expected =
          ReferenceReader.read(memory, features != 0, driver.memory().descriptors(), SIZE, head);
      driver.available(head);
      boolean popped = queue.pop(chain);
      assertThat(queue.fault()).as("seed %d, chain %d", seed, i).isEqualTo(expected.fault());
      assertThat(popped).as("seed %d, chain %d", seed, i).isEqualTo(expected.fault().isEmpty());
      if (popped) {
        taken++;
        assertThat(parts(chain)).as("seed %d, chain %d", seed, i).isEqualTo(expected.parts());
        queue.push(chain, 0);
        queue.publish();
      } else {
        faults.merge(expected.fault().orElseThrow(), 1, Integer::sum);
      }
    }
    assertThat(taken).as("seed %d: chains that were taken", seed).isGreaterThan(CHAINS / 20);
    assertThat(faults)
        .as("seed %d: each fault of a chain came about", seed)
        .containsOnlyKeys(
            QueueFault.DESCRIPTOR_INDEX,
            QueueFault.CHAIN_TOO_LONG,
            QueueFault.TOO_MANY_BYTES,
            QueueFault.READABLE_AFTER_WRITABLE,
            QueueFault.BAD_ADDRESS,
            QueueFault.INDIRECT_FORBIDDEN,
            QueueFault.INDIRECT_LENGTH);
  }

  /** Writes some descriptors of the ring and of the tables. */
  private void scribble() {
    boolean mostlyHonest = random.nextBoolean();
    for (int i = 0; i < SIZE; i++) {
      scribble(driver.memory().descriptors(), i, SIZE, mostlyHonest);
    }
    for (int table = 0; table < 2; table++) {
      for (int i = 0; i < ENTRIES; i++) {
        scribble(ram.at(tables[table], ENTRIES * 16L), i, ENTRIES, mostlyHonest);
      }
    }
    MemorySegment across = MemorySegment.ofArray(new byte[ENTRIES * 16]);
    for (int i = 0; i < ENTRIES; i++) {
      scribble(across, i, ENTRIES, mostlyHonest);
    }
    MemorySegment.copy(across, 0, ram.at(BORDER - 24, 24), 0, 24);
    MemorySegment.copy(across, 24, adjacent.at(BORDER, ENTRIES * 16 - 24), 0, ENTRIES * 16 - 24);
  }

  private void scribble(MemorySegment table, int index, int entries, boolean honest) {
    boolean last = random.nextInt(3) > 0;
    int flags = (last ? 0 : NEXT) | (random.nextInt(3) == 0 ? WRITE : 0);
    long address = buffer + random.nextInt(64);
    int length = random.nextInt(64);
    int next = random.nextInt(entries);
    if (random.nextInt(4) == 0) {
      flags |= INDIRECT;
      flags &= ~NEXT;
      address = tables[random.nextInt(tables.length)];
      length = 16 * (1 + random.nextInt(ENTRIES));
    }
    if (!honest) {
      switch (random.nextInt(5)) {
        case 0 -> address = oddAddress();
        case 1 -> length = oddLength();
        case 2 -> next = random.nextInt(2 * entries);
        case 3 -> flags = random.nextInt(0x1_0000);
        default -> {}
      }
    }
    DriverRing.descriptor(table, index, address, length, flags, next);
  }

  private long oddAddress() {
    long[] edges = {0, BORDER, GAP, GuestRam.GUEST_BASE, -PAGE, PAGE, Long.MIN_VALUE};
    return edges[random.nextInt(edges.length)] + random.nextInt(65) - 32;
  }

  private int oddLength() {
    int[] edges = {0, 16, PAGE, RAM_BYTES, Integer.MAX_VALUE, 0xffff_fff0, -1};
    return edges[random.nextInt(edges.length)] + random.nextInt(3) - 1;
  }
}
