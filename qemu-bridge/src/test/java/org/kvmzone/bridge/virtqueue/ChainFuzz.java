package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.testing.Choices;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.virtqueue.ReferenceReader.Outcome;

/**
 * Chains of a split ring, most of them whole, some through a table, rarely broken: each is taken or
 * refused as the reference says, with the same memory.
 */
public final class ChainFuzz {
  private static final int SIZE = 16;
  private static final DriverRing DRIVER = new DriverRing(FuzzMemory.RAM, SIZE);

  private ChainFuzz() {}

  /** For a fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    run(Choices.of(input));
  }

  static void run(Choices choices) {
    DRIVER.startAt(choices.below(0x1_0000));
    boolean indirect = !choices.rarely();
    SplitVirtqueue queue =
        new SplitVirtqueue(
            SIZE,
            indirect ? Features.INDIRECT_DESC : 0,
            DRIVER.availableSoFar(),
            FuzzMemory.MEMORY,
            DRIVER.memory());
    Chain chain = new Chain();
    for (int i = choices.below(4); i >= 0 && queue.fault().isEmpty(); i--) {
      int head = make(choices, indirect);
      Outcome expected =
          ReferenceReader.read(
              FuzzMemory.MEMORY, indirect, DRIVER.memory().descriptors(), SIZE, head);
      DRIVER.available(head);
      boolean popped = queue.pop(chain);
      assertThat(queue.fault()).isEqualTo(expected.fault());
      assertThat(popped).isEqualTo(expected.fault().isEmpty());
      if (popped) {
        assertThat(EdgeFixture.parts(chain)).isEqualTo(expected.parts());
        queue.push(chain, 0);
        queue.publish();
      }
    }
  }

  /** Some readable pieces, some writable ones, the last few of them in a table; the head. */
  private static int make(Choices choices, boolean mayBeIndirect) {
    int pieces = 1 + choices.below(SIZE);
    int readable = choices.below(pieces + 1);
    int direct = mayBeIndirect && choices.either() ? choices.below(pieces) : pieces;
    int first = choices.below(SIZE);
    MemorySegment ring = DRIVER.memory().descriptors();
    for (int i = 0; i < direct; i++) {
      int flags = FuzzMemory.flags(i < readable, i == pieces - 1);
      descriptor(choices, ring, (first + i) % SIZE, flags, (first + i + 1) % SIZE);
    }
    for (int i = direct; i < pieces; i++) {
      int flags = FuzzMemory.flags(i < readable, i == pieces - 1);
      descriptor(choices, FuzzMemory.table(), i - direct, flags, i - direct + 1);
    }
    if (direct < pieces) {
      DriverRing.descriptor(
          ring,
          (first + direct) % SIZE,
          FuzzMemory.spoilt(FuzzMemory.tableAt(), choices),
          FuzzMemory.spoiltLength(16 * (pieces - direct), choices),
          FuzzMemory.spoiltFlags(DriverRing.INDIRECT, choices),
          0);
    }
    return choices.rarely() ? choices.below(0x1_0000) : first;
  }

  private static void descriptor(
      Choices choices, MemorySegment table, int index, int flags, int next) {
    DriverRing.descriptor(
        table,
        index,
        FuzzMemory.spoilt(FuzzMemory.buffer(choices), choices),
        FuzzMemory.spoiltLength(choices.below(64), choices),
        FuzzMemory.spoiltFlags(flags, choices),
        choices.rarely() ? choices.below(2 * SIZE) : next);
  }
}
