package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.device.DeviceQueue.State;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.TestQueue;
import org.kvmzone.bridge.virtqueue.Chain;

class DeviceQueueTest {
  private static final int THREADS = 3;
  private static final int TURNS = 50_000;

  private final GuestRam ram = new GuestRam(1 << 20);
  private final TestQueue both = new TestQueue(ram, 3, 8, 0);
  private final DeviceQueue queue = both.queue();

  /** Not volatile: ownership alone has to make it safe. */
  private long owned;

  @AfterEach
  void unmap() {
    ram.close();
  }

  @Test
  void tryAcquire_makesOneOwner() {
    assertThat(queue.index()).isEqualTo(3);
    assertThat(queue.tryAcquire()).isTrue();
    assertThat(queue.tryAcquire()).isFalse();
    assertThat(queue.acquire(0)).isFalse();
    queue.release();
    assertThat(queue.acquire(0)).isTrue();
    queue.release();
  }

  @Test
  void acquire_waitsForTheOwner() throws InterruptedException {
    assertThat(queue.tryAcquire()).isTrue();
    CountDownLatch waiting = new CountDownLatch(1);
    Thread other =
        new Thread(() -> {
          waiting.countDown();
          owned = queue.acquire(TimeUnit.SECONDS.toNanos(LoopFixture.NEVER_SECONDS)) ? 1 : -1;
        });
    other.start();
    assertThat(waiting.await(LoopFixture.NEVER_SECONDS, TimeUnit.SECONDS)).isTrue();
    queue.release();
    other.join();
    assertThat(owned).isEqualTo(1);
  }

  /** Each owner sees all that the owners before it did, or the sum is short. */
  @Test
  void ownership_isHandedOnWithAllThatWasWritten() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      Thread thread =
          new Thread(() -> {
            for (int turns = 0; turns < TURNS; ) {
              if (queue.tryAcquire()) {
                owned++;
                turns++;
                queue.release();
              } else {
                Thread.onSpinWait();
              }
            }
          });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(owned).isEqualTo((long) THREADS * TURNS);
  }

  @Test
  void publish_countsAndInterruptsADriverThatWantsIt() {
    Chain chain = new Chain();
    for (int i = 0; i < 4; i++) {
      both.driver().availableFlags(i == 3 ? 1 : 0); // the last without interrupts
      both.driver().add(ram.writable(8));
      assertThat(queue.ring().pop(chain)).isTrue();
      queue.ring().push(chain, 0);
      queue.publish();
      assertThat(both.driver().nextUsed()).isPresent();
    }
    assertThat(both.interrupts()).isEqualTo(3);
  }

  @Test
  void drain_asksForATurnOnce() {
    assertThat(queue.isRunning()).isTrue();
    queue.drain();
    assertThat(queue.state()).isEqualTo(State.DRAINING);
    assertThat(queue.isRunning()).isFalse();
    queue.drain();
    assertThat(both.wakes()).isEqualTo(1);
    assertThat(queue.stopped()).isNotDone();
    queue.markStopped();
    assertThat(queue.stopped()).isCompleted();
    queue.drain();
    assertThat(queue.state()).isEqualTo(State.STOPPED);
    assertThat(both.wakes()).isEqualTo(1);
  }
}
