package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntPredicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/**
 * The one moment in which a wake-up can be lost: one side goes to sleep while the other gives it
 * something to do. Each writes and then reads what the other wrote; without a full fence between
 * the two, both can read the old value. Two threads walk over many rings side by side, so that the
 * moment comes about often.
 */
abstract class WakeUpRaceTest extends RingFixture {
  private static final int RINGS = 200;
  private static final int ROUNDS = 400;

  private final List<Ends> rings = new ArrayList<>();
  private final Chain chain = new Chain();

  private void makeRings(long features) {
    for (int i = 0; i < RINGS; i++) {
      rings.add(ring(2, features));
    }
  }

  private Piece piece() {
    return new Piece(ram.region().guestAddress(), 16, true);
  }

  @ParameterizedTest
  @ValueSource(longs = {NO_FEATURES, EVENTS})
  void aDeviceThatGoesToSleep_isKickedOrSeesTheChain(long features) throws InterruptedException {
    makeRings(features);
    Piece piece = piece();
    for (int round = 0; round < ROUNDS; round++) {
      int lost =
          bothFalse(
              i -> !rings.get(i).queue().armKicks(),
              i -> {
                rings.get(i).driver().add(piece);
                return rings.get(i).driver().kickNeeded();
              });
      assertThat(lost).as("rings, in round %d, whose device sleeps unkicked", round).isZero();
      rings.forEach(this::serve);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {NO_FEATURES, EVENTS})
  void aDriverThatGoesToSleep_isInterruptedOrSeesTheChain(long features)
      throws InterruptedException {
    makeRings(features);
    Piece piece = piece();
    for (int round = 0; round < ROUNDS; round++) {
      for (Ends ends : rings) {
        ends.driver().wantsNoInterrupts();
        ends.driver().add(piece);
        pop(ends);
        ends.queue().push(chain, 0);
      }
      int lost =
          bothFalse(
              i -> {
                rings.get(i).queue().publish();
                return rings.get(i).queue().interruptWanted();
              },
              i -> !rings.get(i).driver().mayWait());
      assertThat(lost).as("rings, in round %d, whose driver sleeps untold", round).isZero();
      rings.forEach(WakeUpRaceTest::reclaim);
    }
  }

  private void serve(Ends ends) {
    ends.queue().disarmKicks();
    pop(ends);
    ends.queue().push(chain, 0);
    ends.queue().publish();
    reclaim(ends);
  }

  private static void reclaim(Ends ends) {
    if (ends.driver().nextUsed().isEmpty()) {
      throw new AssertionError("nothing was given back");
    }
  }

  private void pop(Ends ends) {
    if (!ends.queue().pop(chain)) {
      throw new AssertionError("nothing to pop: " + ends.queue().fault());
    }
  }

  /** Asks both sides about every ring, each on a thread of its own; how many got two times no. */
  private static int bothFalse(IntPredicate device, IntPredicate driver)
      throws InterruptedException {
    boolean[] ofDevice = new boolean[RINGS];
    boolean[] ofDriver = new boolean[RINGS];
    AtomicInteger there = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread other =
        new Thread(
            () -> {
              try {
                ask(device, ofDevice, there);
              } catch (Throwable thrown) {
                failure.set(thrown);
              }
            },
            "device");
    other.start();
    ask(driver, ofDriver, there);
    other.join();
    assertThat(failure.get()).isNull();
    int count = 0;
    for (int i = 0; i < RINGS; i++) {
      count += ofDevice[i] || ofDriver[i] ? 0 : 1;
    }
    return count;
  }

  private static void ask(IntPredicate side, boolean[] answers, AtomicInteger there) {
    there.incrementAndGet();
    while (there.get() < 2) {
      Thread.onSpinWait();
    }
    for (int i = 0; i < RINGS; i++) {
      answers[i] = side.test(i);
    }
  }
}
