package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.PackedDriverRing;
import org.kvmzone.bridge.virtqueue.ReferenceReader.Outcome;

/**
 * Descriptors of a packed ring written by dice, honest ones between them: each chain is taken or
 * refused exactly as the reference says, for the same reason, with the same memory.
 */
class PackedHostileModelTest extends EdgeFixture {
  private static final int CHAINS = 30_000;
  private static final int SIZE = 9;
  private static final int ENTRIES = 6;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final PackedDriverRing driver = new PackedDriverRing(ram, SIZE);
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
    for (int i = 0; i < CHAINS; i++) {
      int place = random.nextInt(2 * SIZE);
      driver.startAt(place);
      boolean indirect = random.nextInt(8) > 0;
      PackedVirtqueue queue =
          new PackedVirtqueue(
              SIZE, indirect ? Features.INDIRECT_DESC : 0, driver.base(), memory, driver.memory());
      scribble();
      int head = driver.slot(place);
      driver.flags(head, (driver.flags(head) & 0x7f7f) | driver.marks(place));
      Outcome read =
          ReferenceReader.readPacked(memory, indirect, driver.memory().descriptors(), SIZE, head);
      Optional<QueueFault> expected =
          read.fault().isEmpty() && read.name() >= SIZE
              ? Optional.of(QueueFault.DESCRIPTOR_INDEX)
              : read.fault();
      boolean popped = queue.pop(chain);
      assertThat(queue.fault()).as("seed %d, chain %d", seed, i).isEqualTo(expected);
      assertThat(popped).as("seed %d, chain %d", seed, i).isEqualTo(expected.isEmpty());
      if (popped) {
        taken++;
        assertThat(chain.head()).as("seed %d, chain %d", seed, i).isEqualTo(read.name());
        assertThat(parts(chain)).as("seed %d, chain %d", seed, i).isEqualTo(read.parts());
      } else {
        faults.merge(expected.orElseThrow(), 1, Integer::sum);
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

  /** Writes the descriptors of the ring and of the tables. */
  private void scribble() {
    boolean mostlyHonest = random.nextBoolean();
    for (int i = 0; i < SIZE; i++) {
      scribble(driver.memory().descriptors(), i, mostlyHonest);
    }
    for (int table = 0; table < 2; table++) {
      for (int i = 0; i < ENTRIES; i++) {
        scribble(ram.at(tables[table], ENTRIES * 16L), i, mostlyHonest);
      }
    }
    MemorySegment across = MemorySegment.ofArray(new byte[ENTRIES * 16]);
    for (int i = 0; i < ENTRIES; i++) {
      scribble(across, i, mostlyHonest);
    }
    MemorySegment.copy(across, 0, ram.at(BORDER - 24, 24), 0, 24);
    MemorySegment.copy(across, 24, adjacent.at(BORDER, ENTRIES * 16 - 24), 0, ENTRIES * 16 - 24);
  }

  private void scribble(MemorySegment table, int index, boolean honest) {
    int flags = (random.nextInt(3) > 0 ? 0 : NEXT) | (random.nextInt(3) == 0 ? WRITE : 0);
    long address = buffer + random.nextInt(64);
    int length = random.nextInt(64);
    int id = random.nextInt(SIZE);
    if (random.nextInt(4) == 0) {
      flags |= INDIRECT;
      flags &= ~NEXT;
      address = tables[random.nextInt(tables.length)];
      length = 16 * (1 + random.nextInt(ENTRIES));
    }
    if (!honest) {
      switch (random.nextInt(6)) {
        case 0 -> address = oddAddress();
        case 1 -> length = oddLength();
        case 2 -> id = random.nextInt(2 * SIZE);
        case 3 -> flags = random.nextInt(0x1_0000);
        case 4 -> flags |= NEXT;
        default -> {}
      }
    }
    PackedDriverRing.descriptor(table, index, address, length, id, flags);
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
