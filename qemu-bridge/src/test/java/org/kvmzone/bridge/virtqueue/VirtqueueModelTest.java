package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/**
 * Honest traffic in a random order (chains of all shapes, completed out of order, some taken back),
 * from just before the point where 16-bit indices wrap, against lists.
 */
abstract class VirtqueueModelTest extends RingFixture {
  private static final int STEPS = 20_000;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  /** A chain as the driver made it, and as the device sees it once it is popped. */
  private record Made(int head, List<Piece> pieces, Chain chain) {}

  // The model: where each chain is.
  private final Deque<Made> available = new ArrayDeque<>();
  private final List<Made> inFlight = new ArrayList<>();
  private final Deque<Used> pushed = new ArrayDeque<>();
  private final Deque<Used> published = new ArrayDeque<>();

  private boolean lastWasPop; // then it may be undone

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 64})
  void everyChain_isPoppedInOrderAndComesBackAsItWasPushed(int size) {
    long features = NO_FEATURES | INDIRECT | (random.nextBoolean() ? EVENTS : 0);
    Ends ends = ring(size, features, ram.memory(), 0x1_0000 - 50);
    long buffers = ram.allocate(4096, 16);
    int taken = 0;
    for (int i = 0; i < STEPS; i++) {
      switch (random.nextInt(8)) {
        case 0, 1 -> make(ends.driver(), buffers);
        case 2, 3 -> taken += pop(ends.queue());
        case 4 -> taken -= unpop(ends.queue());
        case 5 -> push(ends.queue());
        case 6 -> publish(ends.queue());
        default -> reclaim(ends.driver());
      }
      assertThat(ends.queue().fault()).as("seed %d, step %d", seed, i).isEmpty();
      assertThat(ends.queue().inFlight())
          .as("seed %d, step %d", seed, i)
          .isEqualTo(inFlight.size());
      assertThat(ends.queue().hasAvailable())
          .as("seed %d, step %d", seed, i)
          .isEqualTo(!available.isEmpty());
    }
    assertThat(taken).as("seed %d: chains; fewer prove no wrap", seed).isGreaterThan(100);
  }

  private void make(Driver driver, long buffers) {
    int count = 1 + random.nextInt(4);
    int readable = random.nextInt(count + 1);
    List<Piece> pieces = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = random.nextInt(64);
      pieces.add(new Piece(buffers + random.nextInt(4096 - length), length, i >= readable));
    }
    Piece[] array = pieces.toArray(Piece[]::new);
    boolean indirect = random.nextBoolean();
    if (driver.free() >= (indirect ? 1 : count)) {
      int head = indirect ? driver.addIndirect(array) : driver.add(array);
      available.add(new Made(head, pieces, new Chain()));
    }
  }

  private int pop(Virtqueue queue) {
    Chain chain = available.isEmpty() ? new Chain() : available.element().chain();
    boolean popped = queue.pop(chain);
    assertThat(popped).as("seed %d", seed).isEqualTo(!available.isEmpty());
    if (!popped) {
      return 0;
    }
    Made expected = available.remove();
    inFlight.add(expected);
    lastWasPop = true;
    assertThat(chain.head()).as("seed %d", seed).isEqualTo(expected.head());
    assertThat(Stream.concat(pieces(chain.readable(), false), pieces(chain.writable(), true)))
        .as("seed %d", seed)
        .containsExactlyElementsOf(
            expected.pieces().stream().filter(piece -> piece.length() > 0).toList());
    return 1;
  }

  private Stream<Piece> pieces(Buffers buffers, boolean writable) {
    long start = ram.region().segment().address();
    return Stream.iterate(0, i -> i < buffers.count(), i -> i + 1)
        .map(i ->
            new Piece(
                buffers.address(i) - start + ram.region().guestAddress(),
                (int) buffers.length(i),
                writable));
  }

  private int unpop(Virtqueue queue) {
    if (!lastWasPop) {
      return 0;
    }
    Made undone = inFlight.removeLast();
    queue.unpop(undone.chain());
    available.addFirst(undone);
    lastWasPop = false;
    return 1;
  }

  private void push(Virtqueue queue) {
    if (!inFlight.isEmpty()) {
      Made made = inFlight.remove(random.nextInt(inFlight.size()));
      int written = random.nextInt();
      queue.push(made.chain(), written);
      pushed.add(new Used(made.head(), written));
      lastWasPop = false;
    }
  }

  private void publish(Virtqueue queue) {
    queue.publish();
    published.addAll(pushed);
    pushed.clear();
  }

  private void reclaim(Driver driver) {
    while (!published.isEmpty()) {
      assertThat(driver.nextUsed()).as("seed %d", seed).contains(published.remove());
    }
    assertThat(driver.nextUsed()).as("seed %d", seed).isEmpty();
  }
}
