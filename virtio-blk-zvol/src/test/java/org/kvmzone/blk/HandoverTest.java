package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HandoverTest {
  private static List<TestRequest> take(Handover<TestRequest> handover) {
    List<TestRequest> all = new ArrayList<>();
    for (@Nullable TestRequest each = handover.takeAll(); each != null; ) {
      TestRequest following = handover.after(each);
      all.add(each);
      each = following;
    }
    return all;
  }

  @Test
  void takeAll_givesTheOldestFirst() {
    Handover<TestRequest> handover = new Handover<>();
    TestRequest first = new TestRequest();
    TestRequest second = new TestRequest();
    TestRequest third = new TestRequest();
    assertThat(handover.isEmpty()).isTrue();
    assertThat(handover.put(first)).as("the first").isTrue();
    assertThat(handover.put(second)).isFalse();
    assertThat(handover.put(third)).isFalse();
    assertThat(handover.isEmpty()).isFalse();
    assertThat(take(handover)).containsExactly(first, second, third);
    assertThat(take(handover)).isEmpty();
    assertThat(handover.put(second)).as("the first after all were taken").isTrue();
    assertThat(take(handover)).containsExactly(second);
  }

  @Test
  void putByManyThreads_isTakenOnce() throws InterruptedException {
    int threads = 4;
    int each = 50_000;
    Handover<TestRequest> handover = new Handover<>();
    AtomicInteger firsts = new AtomicInteger();
    List<Thread> running = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      running.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < each; i++) {
                  if (handover.put(new TestRequest())) {
                    firsts.incrementAndGet();
                  }
                }
              }));
    }
    Set<TestRequest> taken = Collections.newSetFromMap(new IdentityHashMap<>());
    int times = 0;
    while (taken.size() < threads * each) {
      List<TestRequest> some = take(handover);
      times += some.isEmpty() ? 0 : 1;
      int before = taken.size();
      taken.addAll(some);
      assertThat(taken).hasSize(before + some.size());
      if (some.isEmpty()) {
        Thread.onSpinWait();
      }
    }
    for (Thread thread : running) {
      thread.join();
    }
    assertThat(firsts).as("one waking for each taking").hasValue(times);
  }
}
