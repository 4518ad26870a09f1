package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The ring holds what it is given, in order, and refuses what it has no room for. */
@Timeout(60)
class CaptureRingTest {
  private static final int SIZE = 4096;
  private static final int LONGEST = SIZE / 2 - CaptureRing.HEADER;
  private static final int VALUE = 8; // where in a record, behind the ring's own

  private final CaptureRing ring = new CaptureRing(SIZE);

  private boolean write(int value, int bytes) {
    long place = ring.claim(bytes);
    if (place < 0) {
      return false;
    }
    ring.memory().set(ValueLayout.JAVA_INT, place + VALUE, value);
    ring.memory().asSlice(place + CaptureRing.HEADER, bytes).fill((byte) value);
    ring.commit(place, bytes);
    return true;
  }

  private int read() {
    long place = ring.first();
    if (place < 0) {
      return -1;
    }
    int value = ring.memory().get(ValueLayout.JAVA_INT, place + VALUE);
    ring.removeFirst();
    return value;
  }

  @RepeatedTest(5)
  void ring_behavesAsAQueueWithABound() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Deque<Integer> model = new ArrayDeque<>();
    for (int i = 0; i < 20_000; i++) {
      if (random.nextBoolean()) {
        int bytes = random.nextInt(random.nextInt(10) == 0 ? LONGEST + 1 : 200);
        if (write(i, bytes)) {
          model.add(i);
        } else {
          assertThat(model).as("seed " + seed).isNotEmpty();
        }
      } else {
        Integer first = model.poll();
        assertThat(read()).as("seed " + seed).isEqualTo(first == null ? -1 : first);
      }
    }
  }

  @Test
  void emptyRing_hasRoomForHalfOfIt_whereverItIs() {
    for (int i = 0; i < 2_000; i++) {
      assertThat(write(i, LONGEST)).as("the ring empty, turn " + i).isTrue();
      assertThat(read()).isEqualTo(i);
      for (int small = i % 16; small >= 0; small--) {
        assertThat(write(i, i % 256)).isTrue();
        assertThat(read()).isEqualTo(i);
      }
    }
  }

  @Test
  void whatIsNotFilledYet_holdsTheReaderUp_andWhatIsAbandonedDoesNot() {
    long first = ring.claim(10);
    long second = ring.claim(10);
    assertThat(write(3, 10)).isTrue();
    assertThat(ring.first()).isNegative();
    ring.abandon(first, 10);
    assertThat(ring.first()).isNegative();
    ring.abandon(second, 10);
    assertThat(read()).isEqualTo(3);
    assertThat(ring.first()).isNegative();
  }

  @Test
  void manyWriters_loseNothing_andEachKeepsItsOrder() throws Exception {
    int writers = 3;
    int each = 30_000;
    int[] next = new int[writers];
    try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
      List<Future<?>> all = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        int number = writer;
        all.add(
            threads.submit(() -> {
              for (int i = 0; i < each; i++) {
                while (!write(i * writers + number, i % 300)) {
                  Thread.onSpinWait();
                }
              }
            }));
      }
      for (int left = writers * each; left > 0; ) {
        int value = read();
        if (value >= 0) {
          assertThat(value / writers).isEqualTo(next[value % writers]++);
          left--;
        } else {
          Thread.onSpinWait();
        }
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertThat(read()).isNegative();
  }
}
