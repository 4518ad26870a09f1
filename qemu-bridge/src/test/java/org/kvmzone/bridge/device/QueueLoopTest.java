package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.virtqueue.Features;

/** What wakes a loop, what keeps it awake, and what it leaves behind. */
class QueueLoopTest extends LoopFixture {
  private static final int ROUNDS = 20_000;

  private final FakeDevice device = new FakeDevice();

  @Test
  void aKick_wakesTheThread() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served served = queue(loop, 0, 0);
    loop.add(device, served.queue, served.kick, served.faults::add);
    for (int i = 0; i < 100; i++) {
      served.add();
      served.kick();
      assertThat(served.awaitUsed()).isEqualTo(1);
    }
    assertThat(served.counters.value(QueueCounter.INTERRUPTS)).isEqualTo(100);
    assertThat(served.counters.value(QueueCounter.BATCHES)).isEqualTo(100);
    assertThat(served.faults).isEmpty();
  }

  @Test
  void chainsFromBeforeTheQueueWasAdded_areServedWithoutAKick() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served served = queue(loop, 0, Features.EVENT_IDX);
    served.add();
    loop.add(device, served.queue, served.kick, served.faults::add);
    assertThat(served.awaitUsed()).isEqualTo(1);
  }

  @Test
  void aKickFromBeforeTheQueueWasAdded_isNotLost() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served served = queue(loop, 0, Features.EVENT_IDX);
    served.kick();
    loop.add(device, served.queue, served.kick, served.faults::add);
    served.add();
    served.kick();
    assertThat(served.awaitUsed()).isEqualTo(1);
  }

  @Test
  void aLoopThatPolls_needsNoKicks() throws InterruptedException {
    QueueLoop loop = loop(Long.MAX_VALUE);
    Served served = queue(loop, 0, 0);
    loop.add(device, served.queue, served.kick, served.faults::add);
    for (int i = 0; i < 100; i++) {
      served.add();
      assertThat(served.awaitUsed()).isEqualTo(1);
    }
  }

  /** Otherwise each of a driver's batches would be a system call. */
  @Test
  void aLoopThatNeverSlept_asksForNoKicks() throws InterruptedException {
    QueueLoop loop = loop(Long.MAX_VALUE);
    Served served = queue(loop, 0, 0);
    assertThat(served.driver.usedFlags()).isZero();
    loop.add(device, served.queue, served.kick, served.faults::add);
    served.add();
    assertThat(served.awaitUsed()).isEqualTo(1);
    assertThat(served.driver.usedFlags()).as("VIRTQ_USED_F_NO_NOTIFY").isEqualTo(1);
  }

  /** The loop asks again whether it may sleep after each turn: one that sleeps does not ask. */
  @Test
  void anIdleThread_sleeps() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served served = queue(loop, 0, 0);
    loop.add(device, served.queue, served.kick, served.faults::add);
    served.add();
    served.kick();
    served.awaitUsed();
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50)); // it may be on its way to bed
    int turns = device.turns.get();
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    assertThat(device.turns.get() - turns).as("turns of a sleeping thread").isLessThan(3);
    assertThat(device.idles.get()).isLessThan(10);
  }

  /** A driver and a loop that both sleep whenever they may, over real eventfds. */
  @ParameterizedTest
  @ValueSource(longs = {0, Features.EVENT_IDX})
  void aDriverThatKicksOnlyWhenAsked_isAlwaysServed(long features) throws InterruptedException {
    QueueLoop loop = loop(0);
    Served served = queue(loop, 0, features);
    loop.add(device, served.queue, served.kick, served.faults::add);
    int kickedAt = 0;
    for (int back = 0; back < ROUNDS; ) {
      for (int batch = back % 3; batch >= 0 && served.driver.free() > 0; batch--) {
        served.add();
      }
      VarHandle.fullFence();
      int now = served.driver.availableSoFar();
      int beyond = (now - served.driver.availableEvent() - 1) & 0xffff;
      boolean kick =
          features == 0 ? served.driver.usedFlags() == 0 : beyond < ((now - kickedAt) & 0xffff);
      kickedAt = now;
      if (kick) {
        served.kick();
      }
      served.driver.usedEvent(served.driver.usedSeen());
      VarHandle.fullFence();
      if (!served.driver.hasUsed()) {
        assertThat(served.interrupts.tryAcquire(NEVER_SECONDS, TimeUnit.SECONDS))
            .as("an interrupt after %d chains", back)
            .isTrue();
      }
      served.interrupts.drainPermits();
      while (served.driver.nextUsed().isPresent()) {
        back++;
      }
    }
  }

  /** The other way into a loop: from threads that have left something for a device to find. */
  @Test
  void wake_afterSomethingWasWritten_isNeverLost() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served served = queue(loop, 0, 0);
    AtomicInteger mail = new AtomicInteger();
    Semaphore read = new Semaphore(0);
    FakeDevice reader =
        new FakeDevice() {
          @Override
          public int process(DeviceQueue queue, int budget) {
            int found = mail.getAndSet(0);
            read.release(found);
            return found;
          }

          @Override
          public boolean mayIdle(DeviceQueue queue) {
            return mail.get() == 0;
          }
        };
    loop.add(reader, served.queue, served.kick, served.faults::add);
    for (int i = 0; i < ROUNDS; i++) {
      mail.incrementAndGet();
      served.queue.wake();
      assertThat(read.tryAcquire(NEVER_SECONDS, TimeUnit.SECONDS)).as("mail %d", i).isTrue();
    }
  }

  @Test
  void aSource_wakesTheThreadAndIsAskedUntilItHasNothing() throws InterruptedException {
    QueueLoop loop = loop(0);
    try (Fd event = Fd.event()) {
      AtomicInteger left = new AtomicInteger();
      Semaphore polled = new Semaphore(0);
      EventSource source =
          source(
              event,
              budget -> {
                if (left.get() == 0) {
                  return 0;
                }
                left.decrementAndGet();
                polled.release();
                return 1;
              });
      loop.add(source);
      for (int i = 0; i < 100; i++) {
        left.set(3);
        SysEventfd.signal(event.number());
        assertThat(polled.tryAcquire(3, NEVER_SECONDS, TimeUnit.SECONDS)).isTrue();
      }
      loop.remove(source);
    }
  }

  @Test
  void aBusyQueue_doesNotStarveItsNeighbours() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served busy = queue(loop, 0, 0);
    Served other = queue(loop, 1, 0);
    FakeDevice greedy =
        new FakeDevice() {
          @Override
          public int process(DeviceQueue queue, int budget) {
            return queue.index() == 0 ? budget : super.process(queue, budget);
          }
        };
    loop.add(greedy, busy.queue, busy.kick, busy.faults::add);
    loop.add(greedy, other.queue, other.kick, other.faults::add);
    for (int i = 0; i < 100; i++) {
      other.add();
      assertThat(other.awaitUsed()).isEqualTo(1);
    }
  }

  @Test
  void aRingThatSomebodyElseOwns_isServedWhenItIsGivenBack() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served served = queue(loop, 0, Features.EVENT_IDX);
    assertThat(served.queue.tryAcquire()).isTrue();
    loop.add(device, served.queue, served.kick, served.faults::add);
    served.add();
    served.kick();
    assertThat(served.interrupts.tryAcquire(20, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(device.turns).hasValue(0);
    served.queue.release();
    assertThat(served.awaitUsed()).isEqualTo(1);
  }

  @Test
  void add_ofWhatCannotBeWaitedFor_isRefusedAndChangesNothing() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served served = queue(loop, 0, 0);
    try (Fd file = Fd.open("/proc/self/exe", Fcntl.O_RDONLY)) {
      assertThatExceptionOfType(NativeException.class)
          .isThrownBy(() -> loop.add(device, served.queue, file, served.faults::add))
          .withMessageContaining("Operation not permitted");
    }
    loop.add(device, served.queue, served.kick, served.faults::add);
    served.add();
    served.kick();
    assertThat(served.awaitUsed()).isEqualTo(1);
  }

  @Test
  void queuesThatComeAndGo_leaveNoDescriptorBehind() throws Exception {
    QueueLoop loop = loop(0);
    Served first = queue(loop, 0, 0); // what a first use opens for good is open now
    serveOnce(loop, first);
    long before = descriptors();
    for (int i = 0; i < 300; i++) {
      Served served = new Served(ram, loop, 0, 0);
      serveOnce(loop, served);
      served.kick.close();
    }
    assertThat(descriptors()).isEqualTo(before);
  }

  private void serveOnce(QueueLoop loop, Served served) throws Exception {
    loop.add(device, served.queue, served.kick, served.faults::add);
    served.add();
    served.kick();
    assertThat(served.awaitUsed()).isEqualTo(1);
    served.queue.drain();
    served.queue.stopped().get(NEVER_SECONDS, TimeUnit.SECONDS);
    loop.remove(served.queue);
  }

  /** How many eventfds and epolls are open; files come and go with the classes that are loaded. */
  private static long descriptors() throws IOException {
    long count = 0;
    try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : open) {
        try {
          count += Files.readSymbolicLink(descriptor).toString().startsWith("anon_inode:") ? 1 : 0;
        } catch (NoSuchFileException e) {
          // closed since
        }
      }
    }
    return count;
  }

  @Test
  void close_endsTheThreadAndClosesItsDescriptors() throws Exception {
    long before = descriptors();
    CountDownLatch turned = new CountDownLatch(1);
    QueueLoop loop = new QueueLoop("closing", 0, deaths::add);
    Served served = queue(loop, 0, 0);
    FakeDevice latched =
        new FakeDevice() {
          @Override
          public int process(DeviceQueue queue, int budget) {
            turned.countDown();
            return super.process(queue, budget);
          }
        };
    loop.add(latched, served.queue, served.kick, served.faults::add);
    loop.start();
    assertThat(turned.await(NEVER_SECONDS, TimeUnit.SECONDS)).isTrue();
    loop.close();
    loop.close();
    loop.wake();
    assertThat(descriptors()).isEqualTo(before + 1); // the kick
    assertThat(Thread.getAllStackTraces().keySet()).noneMatch(t -> t.getName().equals("closing"));
  }

  @Test
  void close_ofALoopThatNeverRan_closesItsDescriptors() throws IOException {
    long before = descriptors();
    new QueueLoop("never", 0, deaths::add).close();
    assertThat(descriptors()).isEqualTo(before);
  }

  @FunctionalInterface
  interface Poll {
    int poll(int budget);
  }

  static EventSource source(Fd fd, Poll poll) {
    return new EventSource() {
      @Override
      public int fd() {
        return fd.number();
      }

      @Override
      public int poll(int budget) {
        return poll.poll(budget);
      }
    };
  }
}
