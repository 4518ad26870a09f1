package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.SplitVirtqueue;

/** A loop, and queues for it whose driver's end is the test. */
abstract class LoopFixture {
  /** What takes longer than this does not come any more; nothing is measured. */
  static final long NEVER_SECONDS = 20;

  final GuestRam ram = new GuestRam(4 << 20);
  final BlockingQueue<Throwable> deaths = new LinkedBlockingQueue<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  /** A loop that runs; it looks for work for {@code pollNanos} before it sleeps. */
  QueueLoop loop(long pollNanos) {
    QueueLoop loop = new QueueLoop("loop-under-test", pollNanos, deaths::add);
    open.addFirst(loop);
    loop.start();
    return loop;
  }

  /** A queue of 8 entries. */
  Served queue(QueueLoop loop, int index, long features) {
    Served served = new Served(ram, loop, index, features);
    open.add(served.kick);
    return served;
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable thing : open) {
      thing.close();
    }
    ram.close();
    assertThat(deaths).isEmpty();
  }

  /** Both ends of a queue. */
  static final class Served {
    final DriverRing driver;
    final DeviceQueue queue;
    final Counters<QueueCounter> counters = new Counters<>(QueueCounter.class);
    final Fd kick = Fd.event();
    final Semaphore interrupts = new Semaphore(0);
    final BlockingQueue<DeviceQueue> faults = new LinkedBlockingQueue<>();
    private final Piece piece;

    Served(GuestRam ram, QueueLoop loop, int index, long features) {
      driver = new DriverRing(ram, 8);
      piece = ram.writable(16);
      queue =
          new DeviceQueue(
              index,
              new SplitVirtqueue(8, features, 0, ram.memory(), driver.memory()),
              interrupts::release,
              loop::wake,
              counters);
    }

    /** Makes a chain available; tells nobody. */
    int add() {
      return driver.add(piece);
    }

    void kick() {
      SysEventfd.signal(kick.number());
    }

    /** Waits for an interrupt, and takes all that was given back. */
    int awaitUsed() throws InterruptedException {
      assertThat(interrupts.tryAcquire(NEVER_SECONDS, TimeUnit.SECONDS))
          .as("an interrupt")
          .isTrue();
      int used = 0;
      while (driver.nextUsed().isPresent()) {
        used++;
      }
      return used;
    }
  }

  /** The next thing that comes along. */
  static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T found = queue.poll(NEVER_SECONDS, TimeUnit.SECONDS);
    if (found == null) {
      throw new AssertionError("nothing comes");
    }
    return found;
  }
}
