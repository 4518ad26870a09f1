package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** What a back end that dies leaves to its successor, wherever it dies. */
class SplitInflightTest {
  private static final int SIZE = 16;
  private static final long USED_INDEX = 14;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final GuestRam ram = new GuestRam(1 << 20);
  private final DriverRing driver = new DriverRing(ram, SIZE);
  private final MemorySegment area = Arena.ofAuto().allocate(16 + 16 * SIZE, 64);
  private final Piece piece = new Piece(ram.allocate(64, 16), 64, true);

  @AfterEach
  void unmap() {
    ram.close();
  }

  /** A back end that comes to the ring, knowing nothing but the area. */
  private SplitVirtqueue successor() {
    int wrongBase = random.nextInt(0x1_0000);
    return new SplitVirtqueue(
        SIZE,
        Features.VERSION_1,
        wrongBase,
        ram.memory(),
        driver.memory(),
        Optional.of(new SplitInflight(area, SIZE)));
  }

  private static List<Integer> popAll(Virtqueue queue) {
    List<Integer> heads = new ArrayList<>();
    Chain chain = new Chain();
    while (queue.pop(chain)) {
      heads.add(chain.head());
    }
    return heads;
  }

  private static Chain pop(Virtqueue queue) {
    Chain chain = new Chain();
    assertThat(queue.pop(chain)).isTrue();
    return chain;
  }

  @Test
  void whatWasTaken_comesAgainInItsOrder_beforeWhatIsNew() {
    List<Integer> made = Stream.generate(() -> driver.add(piece)).limit(5).toList();
    SplitVirtqueue first = successor();
    Chain a = pop(first);
    pop(first);
    Chain c = pop(first);
    pop(first);
    first.push(c, 1);
    first.publish();
    first.push(a, 1); // not published: nobody was told
    SplitVirtqueue second = successor();
    assertThat(second.leftOver()).isEqualTo(3);
    assertThat(second.hasAvailable()).isTrue();
    assertThat(popAll(second)).containsExactly(made.get(0), made.get(1), made.get(3), made.get(4));
    assertThat(second.inFlight()).isEqualTo(4);
    assertThat(second.fault()).isEmpty();
  }

  @Test
  void whatWasUndone_isAvailableAgain_once() {
    driver.add(piece);
    SplitVirtqueue first = successor();
    first.unpop(pop(first));
    SplitVirtqueue second = successor();
    assertThat(second.leftOver()).isZero();
    second.unpop(pop(second));
    pop(second);
    SplitVirtqueue third = successor();
    third.unpop(pop(third));
    assertThat(third.leftOver()).isEqualTo(1);
    assertThat(popAll(third)).hasSize(1);
  }

  /** Dies between any two stores: the area then says some of what the last calls said to it. */
  @Test
  void whereverABackEndDies_eachChainIsGivenBackOnce() {
    int given = 0;
    int deaths = 0;
    List<Integer> inDriver = new ArrayList<>();
    SplitVirtqueue queue = successor();
    List<Chain> taken = new ArrayList<>();
    for (int step = 0; step < 20_000; step++) {
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          if (driver.free() > 0) {
            inDriver.add(driver.add(piece));
          }
        }
        case 2, 3 -> {
          Chain chain = new Chain();
          if (queue.pop(chain)) {
            taken.add(chain);
          }
        }
        case 4 -> {
          byte[] before = area.toArray(JAVA_BYTE);
          for (int i = random.nextInt(4); i > 0 && !taken.isEmpty(); i--) {
            queue.push(taken.remove(random.nextInt(taken.size())), 1);
          }
          queue.publish();
          if (random.nextInt(4) == 0) {
            deaths++;
            tear(before);
            queue = successor();
            taken.clear();
          }
        }
        default -> {
          if (random.nextInt(4) == 0) {
            deaths++;
            queue = successor();
            taken.clear();
          }
        }
      }
      for (Optional<Used> used = driver.nextUsed(); used.isPresent(); used = driver.nextUsed()) {
        given++;
        assertThat(inDriver.remove((Object) used.get().head()))
            .as("seed %d, step %d: head %s was the driver's already", seed, step, used)
            .isTrue();
      }
      assertThat(queue.fault()).as("seed %d, step %d", seed, step).isEmpty();
    }
    assertThat(given).as("seed %d: chains given back", seed).isGreaterThan(500);
    assertThat(deaths).as("seed %d: deaths", seed).isGreaterThan(500);
    List<Integer> left = popAll(successor());
    assertThat(left).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(inDriver);
  }

  /** Takes back the last stores of a publish: the index of what was told, and some of the marks. */
  private void tear(byte[] before) {
    area.set(JAVA_BYTE, USED_INDEX, before[(int) USED_INDEX]);
    area.set(JAVA_BYTE, USED_INDEX + 1, before[(int) USED_INDEX + 1]);
    for (int head = 0; head < SIZE; head++) {
      int at = 16 + 16 * head;
      if (before[at] != 0 && random.nextBoolean()) {
        area.set(JAVA_BYTE, at, (byte) 1);
      }
    }
  }

  @Test
  void nonsenseInTheArea_isRefusedOrHarmless_neverMore() {
    int refused = 0;
    for (int round = 0; round < 2_000; round++) {
      byte[] bytes = new byte[(int) area.byteSize()];
      random.nextBytes(bytes);
      MemorySegment.copy(bytes, 0, area, JAVA_BYTE, 0, bytes.length);
      area.set(JAVA_SHORT, 8, (short) 1);
      if (random.nextBoolean()) { // often right, so that the rest is looked at
        area.set(JAVA_SHORT, USED_INDEX, (short) -random.nextInt(SIZE));
      }
      try {
        SplitVirtqueue queue = successor();
        assertThat(queue.leftOver()).as("seed %d, round %d", seed, round).isBetween(0, SIZE);
        assertThat(popAll(queue)).as("seed %d, round %d", seed, round).hasSizeBetween(0, SIZE);
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageStartingWith("in-flight area");
        refused++;
      }
    }
    assertThat(refused).as("seed %d", seed).isBetween(1, 1_999);
  }

  @Test
  void anAreaOfAnotherVersion_isRefused() {
    area.set(JAVA_SHORT, 8, (short) 2);
    assertThatIllegalArgumentException()
        .isThrownBy(this::successor)
        .withMessage("in-flight area of version 2");
  }

  @Test
  void anAreaThatIsTooSmall_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SplitInflight(area, 2 * SIZE))
        .withMessage("in-flight area of 272 bytes for a ring of 32");
  }
}
