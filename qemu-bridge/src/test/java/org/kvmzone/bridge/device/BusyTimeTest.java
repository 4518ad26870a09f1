package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.virtqueue.Features;

/** What is told of a thread's time: by hand, while it changes, and of a loop. */
class BusyTimeTest extends LoopFixture {
  private static final int ROUNDS = 200_000;

  private final BusyTime busy = new BusyTime();
  private long now = -50; // nanoTime may begin anywhere

  private void idle(long later) {
    now += later;
    busy.idle(now);
  }

  private void assertBusy(long nanos, int turns) {
    assertThat(busy.nanos(() -> now)).isEqualTo(nanos);
    assertThat(busy.turns()).isEqualTo(turns);
  }

  @Test
  void workBeginsWithTheLastIdleTurn_andEndsWithTheNext() {
    assertBusy(0, 0);
    idle(0);
    idle(10);
    busy.worked();
    busy.worked();
    idle(7);
    assertBusy(7, 2);
    idle(100);
    assertBusy(7, 2);
    busy.worked();
    idle(5);
    assertBusy(12, 3);
  }

  @Test
  void whileThereIsWork_timeGoesOn() {
    idle(0);
    busy.worked();
    now += 30;
    assertBusy(30, 1);
    now += 30;
    busy.worked();
    assertBusy(60, 2);
    idle(1);
    now += 1000;
    assertBusy(61, 2);
  }

  @Test
  void whoReadsWhileItChanges_seesItNeverGoBack_norRunAhead() throws InterruptedException {
    long start = System.nanoTime();
    busy.idle(start);
    Thread worker =
        new Thread(() -> {
          for (int i = 0; i < ROUNDS; i++) {
            busy.worked();
            busy.idle(System.nanoTime());
          }
        });
    worker.start();
    long last = 0;
    do {
      long seen = busy.nanos(System::nanoTime);
      assertThat(seen).isBetween(last, System.nanoTime() - start);
      last = seen;
    } while (worker.isAlive());
    worker.join();
    assertThat(busy.turns()).isEqualTo(ROUNDS);
    assertThat(busy.nanos(System::nanoTime)).isGreaterThanOrEqualTo(last);
  }

  @Test
  void aLoop_isBusyWhileAQueueIsServed_andNotWhileItSleepsOrLooks() throws InterruptedException {
    QueueLoop loop = loop(TimeUnit.MILLISECONDS.toNanos(20));
    FakeDevice slow =
        new FakeDevice() {
          @Override
          public int process(DeviceQueue queue, int budget) {
            int done = super.process(queue, budget);
            if (done > 0) {
              long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(30);
              while (System.nanoTime() < end) {
                Thread.onSpinWait();
              }
            }
            return done;
          }
        };
    Served served = queue(loop, 0, Features.EVENT_IDX);
    loop.add(slow, served.queue, served.kick, served.faults::add);
    long before = System.nanoTime();
    for (int i = 1; i <= 3; i++) {
      int turns = i;
      served.add();
      served.kick();
      Await.until("turn " + i, () -> loop.turns() == turns);
      Await.until("it is over", () -> standsStill(loop));
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50)); // looks, and sleeps
    }
    long whole = System.nanoTime() - before;
    long busyNanos = loop.busyNanos();
    assertThat(busyNanos)
        .isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(3 * 30))
        .isLessThanOrEqualTo(whole - TimeUnit.MILLISECONDS.toNanos(3 * 50));
    assertThat(loop.turns()).isEqualTo(3);
  }

  private static boolean standsStill(QueueLoop loop) {
    long seen = loop.busyNanos();
    return loop.busyNanos() == seen;
  }
}
