package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.OsThread;

/** Devices of several guests on one thread, and where that runs. */
class SharedLoopTest extends LoopFixture {
  private static final int ROUNDS = 2000;

  private static void assertServed(Served served) throws InterruptedException {
    served.add();
    served.kick();
    assertThat(served.awaitUsed()).isEqualTo(1);
  }

  /** Always has as much to do as it may, in its queue and in a source of its own. */
  private static final class Flooded extends FakeDevice implements EventSource {
    final AtomicInteger most = new AtomicInteger();
    final Fd event = Fd.event();

    @Override
    public int process(DeviceQueue queue, int budget) {
      turns.incrementAndGet();
      most.accumulateAndGet(budget, Math::max);
      return budget;
    }

    @Override
    public int fd() {
      return event.number();
    }

    @Override
    public int poll(int budget) {
      most.accumulateAndGet(budget, Math::max);
      return budget;
    }
  }

  /** Each time it is about to sleep: one that is not woken then lasts a second. */
  @Test
  void aDeviceThatLeaves_doesNotWaitForAThreadThatSleeps() {
    QueueLoop loop = loop(0);
    Random random = new Random(1);
    FakeDevice device = new FakeDevice();
    int late = 0;
    for (int i = 0; i < ROUNDS && late == 0; i++) {
      loop.wake();
      for (int spin = random.nextInt(200); spin > 0; spin--) {
        Thread.onSpinWait();
      }
      long before = System.nanoTime();
      loop.remove(device, List.of());
      late += System.nanoTime() - before >= 1_000_000_000L ? 1 : 0;
    }
    assertThat(late).as("waited a second").isZero();
  }

  /**
   * What is available is served in the turn that begins next, however much a neighbour has to do,
   * whose part of a turn is bounded.
   */
  @Test
  void aFloodedDevice_leavesItsNeighbourATurnInEveryTurn() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served flooded = queue(loop, 0, 0);
    Served calm = queue(loop, 0, 0);
    Flooded flood = new Flooded();
    AtomicInteger servedAt = new AtomicInteger();
    FakeDevice neighbour =
        new FakeDevice() {
          @Override
          public int process(DeviceQueue queue, int budget) {
            int now = flood.turns.get();
            int done = super.process(queue, budget);
            if (done > 0) {
              servedAt.set(now);
            }
            return done;
          }
        };
    loop.add(flood, flooded.queue, flooded.kick, flooded.faults::add);
    loop.add(flood);
    loop.add(neighbour, calm.queue, calm.kick, calm.faults::add);
    Await.until("the flood", () -> flood.turns.get() > 0);
    for (int i = 0; i < ROUNDS; i++) {
      calm.add();
      int available = flood.turns.get(); // after it was made available: not too early
      assertThat(calm.awaitUsed()).isEqualTo(1);
      assertThat(servedAt.get() - available).as("turns of waiting, request %d", i).isLessThan(3);
    }
    assertThat(flood.most).as("work in a turn").hasValueLessThanOrEqualTo(256);
    loop.remove(flood, List.of(flood));
    flood.event.close();
  }

  /** Always has as much to do as it may, and writes down how much that is. */
  private static final class Weighted extends FakeDevice {
    private final int share;
    private final BlockingQueue<Integer> log;
    private final AtomicInteger room;

    Weighted(int share, BlockingQueue<Integer> log, AtomicInteger room) {
      this.share = share;
      this.log = log;
      this.room = room;
    }

    @Override
    public int share() {
      return share;
    }

    @Override
    public int process(DeviceQueue queue, int budget) {
      turns.incrementAndGet();
      if (room.get() > 0) {
        room.decrementAndGet();
        log.add(budget);
      }
      return budget;
    }
  }

  /** In every turn each of them does something: 4, 2 and 1 parts. */
  @Test
  void devicesThatAllHaveMuchToDo_getTheirShares_andNoneStarves() throws InterruptedException {
    QueueLoop loop = loop(0);
    BlockingQueue<Integer> log = new LinkedBlockingQueue<>();
    AtomicInteger room = new AtomicInteger();
    List<Weighted> devices =
        List.of(new Weighted(1, log, room), new Weighted(4, log, room), new Weighted(2, log, room));
    for (int i = 0; i < devices.size(); i++) {
      Served served = queue(loop, i, 0);
      loop.add(devices.get(i), served.queue, served.kick, served.faults::add);
    }
    Await.until("all to be served", () -> devices.getLast().turns.get() > 0);
    room.set(3 * ROUNDS + 3);
    while (next(log) != 128) {
      // until a turn has ended
    }
    for (int i = 0; i < ROUNDS; i++) {
      assertThat(List.of(next(log), next(log), next(log))).containsExactly(64, 256, 128);
    }
  }

  /** Takes a chain and keeps it; is in its turns for a while. */
  private static final class Hanging extends FakeDevice {
    volatile boolean inside;
    private int chains;

    @Override
    public int process(DeviceQueue queue, int budget) {
      inside = true;
      for (int i = 0; i < 1000; i++) {
        Thread.onSpinWait();
      }
      turns.incrementAndGet();
      inside = false;
      return chains++ % 3; // mostly busy
    }
  }

  @Test
  void remove_ofADevice_endsWithTheTurnAndServesTheOthersOn() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served neighbour = queue(loop, 0, 0);
    FakeDevice other = new FakeDevice();
    loop.add(other, neighbour.queue, neighbour.kick, neighbour.faults::add);
    for (int i = 0; i < ROUNDS / 20; i++) {
      Hanging device = new Hanging();
      Served served = queue(loop, 0, 0);
      Served second = queue(loop, 1, 0);
      loop.add(device, served.queue, served.kick, served.faults::add);
      loop.add(device, second.queue, second.kick, second.faults::add);
      Await.until("a turn", () -> device.turns.get() > 0);
      served.queue.drain(); // and does not stop
      loop.remove(device, List.of());
      assertThat(device.inside).isFalse();
      int turns = device.turns.get();
      served.kick();
      second.queue.wake();
      assertServed(neighbour);
      assertThat(device.turns).hasValue(turns);
    }
  }

  @Test
  void remove_takesSourcesAlong() throws InterruptedException {
    QueueLoop loop = loop(0);
    Served neighbour = queue(loop, 0, 0);
    FakeDevice other = new FakeDevice();
    loop.add(other, neighbour.queue, neighbour.kick, neighbour.faults::add);
    try (Fd event = Fd.event()) {
      AtomicInteger polls = new AtomicInteger();
      EventSource source =
          QueueLoopTest.source(
              event,
              budget -> {
                polls.incrementAndGet();
                return 0;
              });
      FakeDevice device = new FakeDevice();
      loop.add(source);
      SysEventfd.signal(event.number());
      Await.until("the source to be asked", () -> polls.get() > 0);
      loop.remove(device, List.of(source));
      int before = polls.get();
      SysEventfd.signal(event.number());
      assertServed(neighbour);
      assertThat(polls).hasValue(before);
    }
  }

  @Test
  void remove_fromALoopThatNeverRan_doesNotWait() {
    try (QueueLoop loop = new QueueLoop("never", 0, deaths::add)) {
      FakeDevice device = new FakeDevice();
      Served served = queue(loop, 0, 0);
      loop.add(device, served.queue, served.kick, served.faults::add);
      loop.remove(device, List.of());
      assertThat(device.turns).hasValue(0);
    }
  }

  @Test
  void theThread_runsWhereItIsTold() throws InterruptedException {
    Cpus one =
        Cpus.parse(List.of(Cpus.available().toString().replaceFirst("[-,].*", ""))).orElseThrow();
    try (QueueLoop loop = new QueueLoop("on-one-cpu", 0, Optional.of(one), deaths::add)) {
      loop.start();
      Served served = queue(loop, 0, 0);
      loop.add(new FakeDevice(), served.queue, served.kick, served.faults::add);
      assertServed(served);
      assertThat(OsThread.only("on-one-cpu").cpus()).isEqualTo(one.toString());
    }
  }

  @Test
  void aThreadThatHasNoCpu_isReported() throws InterruptedException {
    Cpus none = Cpus.parse(List.of("8191")).orElseThrow();
    try (QueueLoop loop = new QueueLoop("nowhere", 0, Optional.of(none), deaths::add)) {
      loop.start();
      assertThat(next(deaths))
          .isInstanceOfSatisfying(
              NativeException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
          .hasMessageContaining("CPUs 8191");
    }
  }
}
