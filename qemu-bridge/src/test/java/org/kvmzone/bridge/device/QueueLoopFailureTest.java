package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.virtqueue.QueueFault;

/** What breaks, and that nothing else does. */
class QueueLoopFailureTest extends LoopFixture {
  /** Throws for queue 0, serves the others. */
  private static class Faulty extends FakeDevice {
    final AtomicInteger thrown = new AtomicInteger();

    @Override
    public int process(DeviceQueue queue, int budget) {
      if (queue.index() == 0) {
        thrown.incrementAndGet();
        throw new InternalError("a fault occurred in an unsafe memory access operation");
      }
      return super.process(queue, budget);
    }
  }

  private static void assertServed(Served served) throws InterruptedException {
    served.add();
    served.kick();
    assertThat(served.awaitUsed()).isEqualTo(1);
  }

  @Test
  void aDeviceThatThrows_breaksThatQueueOnly() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served broken = queue(loop, 0, 0);
    Served fine = queue(loop, 1, 0);
    Faulty device = new Faulty();
    loop.add(device, broken.queue, broken.kick, broken.faults::add);
    loop.add(device, fine.queue, fine.kick, fine.faults::add);
    assertThat(next(broken.faults)).isSameAs(broken.queue);
    for (int i = 0; i < 50; i++) {
      broken.kick();
      assertServed(fine);
    }
    assertThat(device.thrown.get()).isPositive();
    assertThat(broken.queue.ring().fault()).contains(QueueFault.DEVICE_FAILED);
    assertThat(broken.counters.value(QueueCounter.FAULTS)).isEqualTo(1);
    assertThat(broken.faults).as("told once").isEmpty();
    assertThat(fine.counters.value(QueueCounter.FAULTS)).isZero();
    assertThat(fine.faults).isEmpty();
  }

  @Test
  void aDeviceThatThrowsWhenItIsAskedToSleep_breaksThatQueueOnly() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served broken = queue(loop, 0, 0);
    Served fine = queue(loop, 1, 0);
    FakeDevice device =
        new FakeDevice() {
          @Override
          public boolean mayIdle(DeviceQueue queue) {
            if (queue.index() == 0) {
              throw new IllegalStateException("a mistake");
            }
            return super.mayIdle(queue);
          }
        };
    loop.add(device, broken.queue, broken.kick, broken.faults::add);
    loop.add(device, fine.queue, fine.kick, fine.faults::add);
    assertThat(next(broken.faults)).isSameAs(broken.queue);
    assertServed(fine);
  }

  @Test
  void aRingThatTheDriverBreaks_isToldOnceAndLeavesTheOthersAlone() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served broken = queue(loop, 0, 0);
    Served fine = queue(loop, 1, 0);
    FakeDevice device = new FakeDevice();
    loop.add(device, broken.queue, broken.kick, broken.faults::add);
    loop.add(device, fine.queue, fine.kick, fine.faults::add);
    broken.driver.available(8);
    broken.kick();
    assertThat(next(broken.faults)).isSameAs(broken.queue);
    int turns = device.turns.get();
    for (int i = 0; i < 50; i++) {
      broken.kick();
      assertServed(fine);
    }
    assertThat(broken.queue.ring().fault()).contains(QueueFault.DESCRIPTOR_INDEX);
    assertThat(broken.counters.value(QueueCounter.FAULTS)).isEqualTo(1);
    assertThat(broken.faults).isEmpty();
    // Two queues a turn, and no more turns than kicks came, with some to go to sleep by.
    assertThat(device.turns.get() - turns).as("turns: the thread does not spin").isLessThan(1000);
  }

  @Test
  void aBrokenQueue_canBeStoppedAndReplaced() throws Exception {
    QueueLoop loop = loop(0);
    Served broken = queue(loop, 0, 0);
    FakeDevice device = new FakeDevice();
    loop.add(device, broken.queue, broken.kick, broken.faults::add);
    broken.driver.availableIndex(1000);
    broken.kick();
    next(broken.faults);
    broken.queue.drain();
    broken.queue.stopped().get(NEVER_SECONDS, TimeUnit.SECONDS);
    loop.remove(broken.queue);

    Served replacement = queue(loop, 0, 0);
    loop.add(device, replacement.queue, replacement.kick, replacement.faults::add);
    assertServed(replacement);
  }

  @Test
  void aSourceThatThrows_isNotAskedAgainAndTheOthersAre() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served fine = queue(loop, 0, 0);
    loop.add(new FakeDevice(), fine.queue, fine.kick, fine.faults::add);
    try (Fd first = Fd.event();
        Fd second = Fd.event()) {
      AtomicInteger asked = new AtomicInteger();
      Semaphore polled = new Semaphore(0);
      loop.add(
          QueueLoopTest.source(
              first,
              budget -> {
                asked.incrementAndGet();
                throw new IllegalStateException("the link is gone");
              }));
      EventSource healthy =
          QueueLoopTest.source(
              second,
              budget -> {
                polled.release();
                return 0;
              });
      loop.add(healthy);
      for (int i = 0; i < 20; i++) {
        polled.drainPermits();
        SysEventfd.signal(first.number());
        SysEventfd.signal(second.number());
        assertThat(polled.tryAcquire(NEVER_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertServed(fine);
      }
      assertThat(asked).hasValue(1);
      loop.remove(healthy);
    }
  }

  @Test
  void aThreadThatDies_isReported() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served served = queue(loop, 0, 0);
    IllegalStateException mistake = new IllegalStateException("whoever is told of a fault fails");
    loop.add(
        new Faulty(),
        served.queue,
        served.kick,
        queue -> {
          throw mistake;
        });
    assertThat(next(deaths)).isSameAs(mistake);
  }
}
