package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.MemoryRegion;

/**
 * A guest that rewrites its ring while the device reads it (class C4 of vhost-user.md §5.1): what
 * the device is handed stays memory of the guest's, whatever the moment.
 */
class HostileRaceTest extends HostileFixture {
  private static final int SIZE = 16;
  private static final int ENOUGH = 10_000; // of each, chains and faults
  private static final int MAX_POPS = 20_000_000;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final long table = ram.allocate(SIZE * 16L, 16);
  private volatile boolean done;
  private volatile int position; // where the device is: the guest's index stays near it

  @Test
  void whatIsPopped_isTheGuestsMemoryAtAnyMoment() throws InterruptedException {
    ringOf(SIZE);
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
    try {
      for (int i = 0; i < MAX_POPS && (taken < ENOUGH || broken < ENOUGH); i++) {
        position = queue.base();
        driver.availableIndex(position + 1);
        if (queue.pop(chain)) {
          taken++;
          checkChain();
          queue.push(chain, 16);
          queue.publish();
        } else if (queue.fault().isPresent()) {
          broken++;
          assertThat(queue.pop(chain)).as("seed %d", seed).isFalse();
          queue =
              new SplitVirtqueue(
                  SIZE, Features.INDIRECT_DESC, queue.base() + 1, memory, driver.memory());
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

  private void checkChain() {
    Buffers readable = chain.readable();
    Buffers writable = chain.writable();
    assertThat(readable.bytes() + writable.bytes()).as("seed %d", seed).isLessThan(1L << 32);
    assertThat(chain.head()).as("seed %d", seed).isLessThan(SIZE);
    checkPieces(readable);
    checkPieces(writable);
  }

  private void checkPieces(Buffers buffers) {
    long sum = 0;
    for (int i = 0; i < buffers.count(); i++) {
      long address = buffers.address(i);
      long length = buffers.length(i);
      sum += length;
      boolean inside = false;
      for (MemoryRegion region : memory.regions()) {
        long offset = address - region.segment().address();
        inside |= offset >= 0 && offset + length <= region.size();
      }
      if (!inside || length <= 0) {
        throw new AssertionError("seed " + seed + ": " + length + " bytes outside of all regions");
      }
    }
    assertThat(sum).as("seed %d", seed).isEqualTo(buffers.bytes());
  }

  /** The guest: valid and invalid values in quick turn, everywhere in the ring. */
  private void scribble() {
    Random random = new Random(seed);
    MemorySegment ring = driver.memory().descriptors();
    MemorySegment entries = ram.at(table, SIZE * 16L);
    while (!done) {
      MemorySegment target = random.nextBoolean() ? ring : entries;
      long at = 16L * random.nextInt(SIZE);
      switch (random.nextInt(40)) {
        case 0 -> target.set(JAVA_LONG_UNALIGNED, at, random.nextLong());
        case 1 -> target.set(JAVA_LONG_UNALIGNED, at, GAP - 8);
        case 2, 3 -> target.set(JAVA_LONG_UNALIGNED, at, table);
        case 4 -> target.set(JAVA_LONG_UNALIGNED, at + 8, random.nextLong());
        case 5 -> driver.availableIndex(position + 40_000);
        case 6, 7 -> driver.memory().available().set(JAVA_SHORT, 4 + at / 8, head(random));
        default -> {
          target.set(JAVA_LONG_UNALIGNED, at, buffer);
          target.set(JAVA_LONG_UNALIGNED, at + 8, plausible(random));
        }
      }
    }
  }

  /** A short length, flags of which most are right, a next of which most are inside. */
  private static long plausible(Random random) {
    int[] flags = {0, 0, 0, WRITE, WRITE, NEXT, NEXT | WRITE, INDIRECT};
    return 16L * random.nextInt(4)
        | (long) flags[random.nextInt(flags.length)] << 32
        | (long) random.nextInt(SIZE + 1) << 48;
  }

  private static short head(Random random) {
    return (short) random.nextInt(random.nextInt(50) == 0 ? 0x1_0000 : SIZE);
  }
}
