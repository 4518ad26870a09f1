package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.device.DeviceQueue.State;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.virtqueue.Chain;

/** Stopping a queue: what is in flight completes, what is available stays. */
class DrainTest extends LoopFixture {
  /** Takes chains, and gives them back when the test says so. */
  private static final class Slow extends FakeDevice {
    final BlockingQueue<Chain> taken = new LinkedBlockingQueue<>();
    final BlockingQueue<Chain> completed = new LinkedBlockingQueue<>();
    final AtomicInteger emptyTurns = new AtomicInteger();

    @Override
    public int process(DeviceQueue queue, int budget) {
      int done = 0;
      Chain finished;
      while ((finished = completed.poll()) != null) {
        queue.ring().push(finished, 7);
        done++;
      }
      if (done > 0) {
        queue.publish();
      }
      Chain chain = new Chain();
      while (done < budget && queue.ring().pop(chain)) {
        taken.add(chain);
        chain = new Chain();
        done++;
      }
      if (done == 0) {
        emptyTurns.incrementAndGet();
      }
      return done;
    }

    @Override
    public boolean mayIdle(DeviceQueue queue) {
      return completed.isEmpty() && super.mayIdle(queue);
    }
  }

  private final Slow device = new Slow();

  private Served serve(QueueLoop loop) {
    Served served = queue(loop, 0, 0);
    loop.add(device, served.queue, served.kick, served.faults::add);
    return served;
  }

  @Test
  void drain_ofAnIdleQueue_isDoneAtOnce() throws Exception {
    QueueLoop loop = loop(0);
    Served served = serve(loop);
    served.queue.drain();
    served.queue.stopped().get(NEVER_SECONDS, TimeUnit.SECONDS);
    assertThat(served.queue.state()).isEqualTo(State.STOPPED);
    loop.remove(served.queue);
  }

  @Test
  void drain_waitsForWhatIsInFlightAndTakesNothingMore() throws Exception {
    QueueLoop loop = loop(0);
    Served served = serve(loop);
    int head = served.add();
    served.kick();
    Chain chain = next(device.taken);
    assertThat(chain.head()).isEqualTo(head);
    served.queue.drain();
    // The turn that is under way may still take chains; who owns the ring after it does not.
    assertThat(served.queue.acquire(TimeUnit.SECONDS.toNanos(NEVER_SECONDS))).isTrue();
    int base = served.queue.ring().base();
    served.queue.release();
    served.add();
    served.kick();
    assertThat(served.queue.isRunning()).isFalse();
    device.completed.add(chain);
    served.queue.wake();
    served.queue.stopped().get(NEVER_SECONDS, TimeUnit.SECONDS);

    assertThat(served.driver.nextUsed()).contains(new Used(head, 7));
    assertThat(served.driver.nextUsed()).isEmpty();
    assertThat(device.taken).isEmpty();
    assertThat(served.queue.ring().base()).as("the chain that was not taken").isEqualTo(base);
    assertThat(served.queue.ring().inFlight()).isZero();
  }

  /** As {@link QueueLoopTest#anIdleThread_sleeps}: what is available is nobody's work any more. */
  @Test
  void aQueueThatDrains_doesNotKeepTheThreadAwakeForWhatIsAvailable() throws Exception {
    QueueLoop loop = loop(0);
    Served served = serve(loop);
    served.add();
    served.kick();
    Chain chain = next(device.taken);
    served.queue.drain();
    assertThat(served.queue.acquire(TimeUnit.SECONDS.toNanos(NEVER_SECONDS))).isTrue();
    served.queue.release();
    served.add();
    served.kick();
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    int turns = device.emptyTurns.get();
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    assertThat(device.emptyTurns.get() - turns).isLessThan(3);
    device.completed.add(chain);
    served.queue.wake();
    served.queue.stopped().get(NEVER_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void aStoppedQueue_isTouchedByNobody() throws Exception {
    QueueLoop loop = loop(0);
    Served served = serve(loop);
    served.queue.drain();
    served.queue.stopped().get(NEVER_SECONDS, TimeUnit.SECONDS);
    int turns = device.emptyTurns.get();
    served.add();
    for (int i = 0; i < 20; i++) {
      served.kick();
      served.queue.wake();
    }
    Served other = queue(loop, 1, 0);
    loop.add(new FakeDevice(), other.queue, other.kick, other.faults::add);
    other.add();
    other.kick();
    assertThat(other.awaitUsed()).isEqualTo(1);
    assertThat(device.emptyTurns).hasValue(turns);
    assertThat(device.taken).isEmpty();
    served.queue.drain();
    assertThat(served.queue.state()).isEqualTo(State.STOPPED);
  }

  @Test
  void anAbandonedQueue_stopsWhenItsRequestsComeBackAfterAll() throws Exception {
    QueueLoop loop = loop(0);
    Served served = serve(loop);
    served.add();
    served.kick();
    Chain chain = next(device.taken);
    served.queue.drain();
    served.queue.ring().abandon();
    device.completed.add(chain);
    served.queue.wake();
    served.queue.stopped().get(NEVER_SECONDS, TimeUnit.SECONDS);
    assertThat(served.driver.nextUsed()).as("written to memory that nobody owns").isEmpty();
    assertThat(served.interrupts.availablePermits()).isZero();
  }
}
