package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.kvmzone.bridge.testing.Choices;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/**
 * Back ends that die between any two steps and leave an area of requests in flight, which a front
 * end rarely spoils before the next one comes. Unspoilt, every chain is served until it was given
 * back, and in its order; spoilt, the area is refused, or what is taken are chains of the ring all
 * the same, and none of them twice.
 */
public final class InflightFuzz {
  private static final int SIZE = 8;
  private static final int AREA = 16 + 16 * SIZE;

  private final Choices choices;
  private final DriverRing driver;
  private final Piece piece;
  private final MemorySegment area = Arena.ofAuto().allocate(AREA, 64);
  private final GuestRam ram;
  private final Deque<Integer> added = new ArrayDeque<>(); // and never taken
  private final List<Integer> flying = new ArrayList<>(); // as they were taken last
  private boolean spoilt;

  private InflightFuzz(Choices choices, GuestRam ram) {
    this.choices = choices;
    this.ram = ram;
    driver = new DriverRing(ram, SIZE);
    piece = new Piece(ram.allocate(64, 16), 64, true);
  }

  /** For a fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    run(Choices.of(input));
  }

  static void run(Choices choices) {
    try (GuestRam ram = new GuestRam(1 << 16)) {
      new InflightFuzz(choices, ram).lives();
    }
  }

  private void lives() {
    for (int life = choices.below(6); life >= 0; life--) {
      SplitVirtqueue queue;
      try {
        SplitInflight notes = new SplitInflight(area, SIZE);
        queue =
            new SplitVirtqueue(
                SIZE,
                0,
                choices.below(0x1_0000),
                ram.memory(),
                driver.memory(),
                Optional.of(notes));
      } catch (IllegalArgumentException refused) {
        assertThat(spoilt).as("an honest area: %s", refused.getMessage()).isTrue();
        return;
      }
      live(queue);
      if (queue.fault().isPresent()) {
        assertThat(spoilt).as("an honest ring: %s", queue.fault()).isTrue();
        return;
      }
      if (choices.rarely()) {
        spoilt = true;
        byte[] honest = area.toArray(ValueLayout.JAVA_BYTE);
        area.copyFrom(MemorySegment.ofArray(choices.spoil(honest)));
      }
    }
  }

  private void live(SplitVirtqueue queue) {
    Deque<Integer> leftOver = new ArrayDeque<>(flying);
    List<Chain> taken = new ArrayList<>();
    Set<Integer> given = new HashSet<>(); // back, but the driver does not know yet
    for (int step = choices.below(24); step >= 0 && queue.fault().isEmpty(); step--) {
      switch (choices.below(4)) {
        case 0 -> {
          if (driver.free() > 0) {
            added.add(driver.add(piece));
          }
        }
        case 1 -> take(queue, leftOver, taken);
        case 2 -> {
          if (!taken.isEmpty()) {
            Chain done = taken.remove(choices.below(taken.size()));
            queue.push(done, 1);
            given.add(done.head());
          }
        }
        default -> {
          queue.publish();
          flying.removeAll(given);
          given.clear();
          while (driver.hasUsed()) {
            driver.nextUsed();
          }
        }
      }
    }
  }

  private void take(SplitVirtqueue queue, Deque<Integer> leftOver, List<Chain> taken) {
    Chain chain = new Chain();
    boolean popped = queue.pop(chain);
    int head = chain.head();
    if (spoilt) {
      if (popped) {
        assertThat(head).isBetween(0, SIZE - 1);
        assertThat(taken).noneMatch(other -> other.head() == head);
        taken.add(chain);
      }
      return;
    }
    Integer expected = leftOver.isEmpty() ? added.poll() : leftOver.poll();
    assertThat(popped ? Optional.of(head) : Optional.empty())
        .isEqualTo(Optional.ofNullable(expected));
    if (popped) {
      taken.add(chain);
      flying.removeIf(expected::equals);
      flying.add(head);
    }
  }
}
