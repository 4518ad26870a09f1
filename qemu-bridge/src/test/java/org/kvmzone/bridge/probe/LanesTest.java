package org.kvmzone.bridge.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;

class LanesTest {
  private final Hash hash = Hash.of(new SplittableRandom(1));
  private final Lanes lanes = new Lanes(() -> new KeyTable(Scalar.COUNT, new Budget(1000), hash));

  private static void count(KeyTable table, long key) {
    Scalar.COUNT.add(Objects.requireNonNull(table.cells("", "", "", key, 0, 0, 0)), 0, 1);
  }

  @Test
  void threadsThatComeAndGo_inheritTheTablesOfThoseThatEnded() throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      Thread.ofPlatform().start(() -> count(lanes.mine(), 7)).join();
    }
    assertThat(lanes.all()).hasSize(1);
    assertThat(lanes.all().getFirst().entries())
        .singleElement()
        .satisfies(entry -> assertThat(entry.cells()).containsExactly(100));
  }

  @Test
  void threadsAtTheSameTime_haveTablesOfTheirOwn() throws InterruptedException {
    int threads = 50;
    CyclicBarrier allEntered = new CyclicBarrier(threads);
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      running.add(
          Thread.ofPlatform()
              .start(() -> {
                count(lanes.mine(), 7);
                await(allEntered);
                count(lanes.mine(), 8);
              }));
    }
    for (Thread thread : running) {
      thread.join();
    }
    assertThat(lanes.all()).hasSize(threads);
    assertThat(lanes.all()).allMatch(table -> table.entries().size() == 2);
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }
}
