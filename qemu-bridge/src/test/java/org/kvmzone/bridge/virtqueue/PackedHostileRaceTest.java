package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.bridge.testing.PackedDriverRing.AVAIL;
import static org.kvmzone.bridge.testing.PackedDriverRing.USED;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.MemoryRegion;
import org.kvmzone.bridge.testing.PackedDriverRing;

/**
 * A guest that rewrites its packed ring, flags and all, while the device reads it (classes C4 and
 * C14 of vhost-user.md §5.1): what the device is handed stays memory of the guest's, whatever the
 * moment.
 */
class PackedHostileRaceTest extends EdgeFixture {
  private static final int SIZE = 13;
  private static final int ENOUGH = 10_000; // of each, chains and faults
  private static final int MAX_POPS = 20_000_000;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final long table = ram.allocate(SIZE * 16L, 16);
  private final PackedDriverRing driver = new PackedDriverRing(ram, SIZE);
  private volatile boolean done;

  @Test
  void whatIsPopped_isTheGuestsMemoryAtAnyMoment() throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread guest =
        new Thread(
            () -> {
              try {
                scribble();
              } catch (Throwable thrown) {
                failure.set(thrown);
              }
            },
            "guest");
    guest.start();
    int taken = 0;
    int broken = 0;
    PackedVirtqueue queue = queue(driver.base());
    try {
      for (int i = 0; i < MAX_POPS && (taken < ENOUGH || broken < ENOUGH); i++) {
        offerNext(queue.base());
        if (queue.pop(chain)) {
          taken++;
          checkChain();
          assertThat(queue.inFlight()).as("seed %d", seed).isEqualTo(1);
          queue.push(chain, 16);
          queue.publish();
        } else if (queue.fault().isPresent()) {
          broken++;
          assertThat(queue.pop(chain)).as("seed %d", seed).isFalse();
          queue = queue((queue.base() & 0x8000) | i % SIZE);
        }
      }
    } finally {
      done = true;
      guest.join(TimeUnit.SECONDS.toMillis(10));
    }
    assertThat(failure.get()).as("seed %d", seed).isNull();
    assertThat(taken).as("seed %d: chains taken", seed).isGreaterThanOrEqualTo(ENOUGH);
    assertThat(broken).as("seed %d: rings broken", seed).isGreaterThanOrEqualTo(ENOUGH);
  }

  /** Marks whatever is in the slot that is looked at next. */
  private void offerNext(int base) {
    int slot = base & 0x7fff;
    int marks = (base & 0x8000) != 0 ? AVAIL : USED;
    driver.flags(slot, (driver.flags(slot) & ~(AVAIL | USED)) | marks);
  }

  private PackedVirtqueue queue(int base) {
    return new PackedVirtqueue(SIZE, Features.INDIRECT_DESC, base, memory, driver.memory());
  }

  private void checkChain() {
    assertThat(chain.readable().bytes() + chain.writable().bytes())
        .as("seed %d", seed)
        .isLessThan(1L << 32);
    assertThat(chain.head()).as("seed %d", seed).isBetween(0, SIZE - 1);
    checkPieces(chain.readable());
    checkPieces(chain.writable());
  }

  private void checkPieces(Buffers buffers) {
    for (int i = 0; i < buffers.count(); i++) {
      long address = buffers.address(i);
      long length = buffers.length(i);
      boolean inside = false;
      for (MemoryRegion region : memory.regions()) {
        long offset = address - region.segment().address();
        inside |= offset >= 0 && offset + length <= region.size();
      }
      if (!inside || length <= 0) {
        throw new AssertionError("seed " + seed + ": " + length + " bytes outside of all regions");
      }
    }
  }

  /** The guest: valid and invalid values in quick turn, everywhere in the ring. */
  private void scribble() {
    Random random = new Random(seed);
    MemorySegment ring = driver.memory().descriptors();
    MemorySegment entries = ram.at(table, SIZE * 16L);
    while (!done) {
      MemorySegment target = random.nextInt(4) > 0 ? ring : entries;
      long at = 16L * random.nextInt(SIZE);
      switch (random.nextInt(40)) {
        case 0 -> target.set(JAVA_LONG_UNALIGNED, at, random.nextLong());
        case 1 -> target.set(JAVA_LONG_UNALIGNED, at, GAP - 8);
        case 2, 3 -> target.set(JAVA_LONG_UNALIGNED, at, table);
        case 4 -> target.set(JAVA_LONG_UNALIGNED, at + 8, random.nextLong());
        default -> {
          target.set(JAVA_LONG_UNALIGNED, at, buffer);
          target.set(JAVA_LONG_UNALIGNED, at + 8, plausible(random));
        }
      }
    }
  }

  /** A short length, an id of which most are inside, flags of either round. */
  private static long plausible(Random random) {
    int[] flags = {0, 0, 0, WRITE, WRITE, NEXT, NEXT | WRITE, INDIRECT};
    int marks = random.nextBoolean() ? AVAIL : USED;
    return 16L * random.nextInt(4)
        | (long) random.nextInt(SIZE + 1) << 32
        | (long) (flags[random.nextInt(flags.length)] | marks) << 48;
  }
}
