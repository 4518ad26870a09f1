package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.kvmzone.bridge.testing.Choices;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.PackedDriverRing;
import org.kvmzone.bridge.virtqueue.ReferenceReader.Outcome;

/** The same as {@link ChainFuzz} for packed rings, begun at any place of them. */
public final class PackedChainFuzz {
  private static final int SIZE = 13;
  private static final PackedDriverRing DRIVER = new PackedDriverRing(FuzzMemory.RAM, SIZE);

  private PackedChainFuzz() {}

  /** For a fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    run(Choices.of(input));
  }

  static void run(Choices choices) {
    int place = choices.below(2 * SIZE);
    DRIVER.startAt(place);
    boolean indirect = !choices.rarely();
    PackedVirtqueue queue =
        new PackedVirtqueue(
            SIZE,
            indirect ? Features.INDIRECT_DESC : 0,
            DRIVER.base(),
            FuzzMemory.MEMORY,
            DRIVER.memory());
    make(choices, indirect, place);
    Outcome read =
        ReferenceReader.readPacked(
            FuzzMemory.MEMORY, indirect, DRIVER.memory().descriptors(), SIZE, DRIVER.slot(place));
    Optional<QueueFault> expected =
        read.fault().isEmpty() && read.name() >= SIZE
            ? Optional.of(QueueFault.DESCRIPTOR_INDEX)
            : read.fault();
    Chain chain = new Chain();
    boolean popped = queue.pop(chain);
    assertThat(queue.fault()).isEqualTo(expected);
    assertThat(popped).isEqualTo(expected.isEmpty());
    if (popped) {
      assertThat(chain.head()).isEqualTo(read.name());
      assertThat(EdgeFixture.parts(chain)).isEqualTo(read.parts());
      queue.push(chain, 0);
      queue.publish();
      assertThat(DRIVER.hasUsed()).isTrue();
    }
  }

  /** Some readable pieces, then some writable ones: in the ring, or all of them in a table. */
  private static void make(Choices choices, boolean mayBeIndirect, int place) {
    int pieces = 1 + choices.below(SIZE);
    int readable = choices.below(pieces + 1);
    boolean inTable = mayBeIndirect && choices.either();
    int id = choices.rarely() ? choices.below(0x1_0000) : choices.below(SIZE);
    for (int i = 0; i < pieces; i++) {
      // In a table all entries follow each other, whatever NEXT says (virtio 1.3 §2.8.7).
      int flags = FuzzMemory.flags(i < readable, inTable || i == pieces - 1);
      long address = FuzzMemory.spoilt(FuzzMemory.buffer(choices), choices);
      int length = FuzzMemory.spoiltLength(choices.below(64), choices);
      int spoilt = FuzzMemory.spoiltFlags(flags, choices);
      if (inTable) {
        PackedDriverRing.descriptor(FuzzMemory.table(), i, address, length, 0, spoilt);
      } else {
        DRIVER.offer(address, length, id, spoilt);
      }
    }
    if (inTable) {
      DRIVER.offer(
          FuzzMemory.spoilt(FuzzMemory.tableAt(), choices),
          FuzzMemory.spoiltLength(16 * pieces, choices),
          id,
          FuzzMemory.spoiltFlags(DriverRing.INDIRECT, choices));
    }
    int head = DRIVER.slot(place);
    int unmarked = DRIVER.flags(head) & ~(PackedDriverRing.AVAIL | PackedDriverRing.USED);
    DRIVER.flags(head, unmarked | DRIVER.marks(place)); // or there would be nothing to look at
  }
}
