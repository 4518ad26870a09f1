package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.blk.GuestDisk.Answer;
import org.kvmzone.blk.GuestDisk.Request;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Unistd;

/**
 * Requests that are in the kernel while their queue stops: reads of a FIFO, which last until it is
 * fed.
 */
class UringDrainTest {
  private static final int SECTOR = 512;

  private final Fd fifo;
  private final Zvol zvol;
  private final GuestDisk guest;

  UringDrainTest(@TempDir Path directory) {
    Path path = directory.resolve("fifo");
    assumeTrue(Command.run("mkfifo", "" + path).exit() == 0, "no mkfifo: draining is not tested");
    fifo = Fd.open("" + path, Fcntl.O_RDWR);
    zvol = new FifoZvol(fifo);
    guest = new GuestDisk(GuestDisk.device(zvol), GuestDisk.ALL);
  }

  /** A volume of whatever the FIFO is fed with. */
  private static final class FifoZvol implements Zvol {
    private final Engine engine;

    FifoZvol(Fd fifo) {
      engine =
          new UringEngine(fifo, Alignment.NONE, new WorkerEngine("unused", new VectoredIo(fifo)));
    }

    @Override
    public String name() {
      return "fifo";
    }

    @Override
    public long size() {
      return 1 << 20;
    }

    @Override
    public BlockSizes blockSizes() {
      return BlockSizes.of(SECTOR, SECTOR);
    }

    @Override
    public long resize(OptionalLong wanted) {
      return size();
    }

    @Override
    public boolean readOnly() {
      return false;
    }

    @Override
    public Map<String, String> properties() {
      return Map.of();
    }

    @Override
    public void submit(ZvolRequest request) {
      engine.submit(request);
    }

    @Override
    public void endBatch() {
      engine.endBatch();
    }

    @Override
    public List<EventSource> sources(int loop) {
      return engine.sources(loop);
    }

    @Override
    public void close() {
      assertThat(engine.close(10_000)).isTrue();
    }
  }

  @AfterEach
  void close() {
    guest.close();
    zvol.close();
    fifo.close();
  }

  private EventSource ring() {
    return guest.device().sources(0).getFirst();
  }

  private void feed(int bytes) {
    MemorySegment data = Arena.ofAuto().allocate(bytes).fill((byte) 0x33);
    assertThat(Unistd.write(fifo.number(), data.address(), bytes)).isEqualTo(bytes);
  }

  /** Has the thread look at its ring until something has completed. */
  private void pollUntilSomethingCompleted() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (guest.device().mayIdle(guest.queue())) {
      int ignored = ring().poll(64);
      assertThat(System.nanoTime()).isLessThan(end);
    }
  }

  @Test
  void aQueueThatDrains_hasWhatIsInTheKernelFinished() {
    assertThat(ring().poll(64)).isZero();
    Request first = guest.read(0, SECTOR);
    Request second = guest.read(1, SECTOR);
    assertThat(guest.turn()).isEqualTo(2);
    guest.queue().drain();
    assertThat(ring().poll(64)).isZero();
    assertThat(guest.device().mayIdle(guest.queue())).isTrue();
    feed(2 * SECTOR);
    pollUntilSomethingCompleted();
    int answered = 0;
    while (answered < 2) {
      int ignored = ring().poll(64) + guest.device().process(guest.queue(), 0);
      for (var next = guest.next(); next.isPresent(); next = guest.next()) {
        assertThat(next.get().status()).isEqualTo(Status.OK);
        answered++;
      }
    }
    assertThat(guest.bytes(first.data())).containsOnly(0x33);
    assertThat(guest.bytes(second.data())).containsOnly(0x33);
    assertThat(guest.queue().ring().inFlight()).isZero();
  }

  @Test
  void whatCompletesAfterItsConnection_isNoAnswerOfTheNext() {
    assertThat(ring().poll(64)).isZero();
    Request hanging = guest.read(0, SECTOR);
    assertThat(guest.turn()).isEqualTo(1);
    DeviceQueue former = guest.queue();
    former.drain();
    former.ring().abandon();

    guest.restart(GuestDisk.ALL);
    Request next = guest.read(0, SECTOR);
    assertThat(guest.turn()).as("it would overtake what hangs").isZero();
    feed(SECTOR);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (former.ring().inFlight() > 0) {
      int ignored = ring().poll(64) + guest.device().process(former, 0);
      assertThat(System.nanoTime()).isLessThan(end);
    }
    assertThat(guest.next()).as("a stale completion").isEmpty();
    assertThat(guest.bytes(hanging.status())).containsOnly(GuestDisk.UNTOUCHED);
    assertThat(guest.bytes(next.status())).containsOnly(GuestDisk.UNTOUCHED);
  }

  @Test
  void aThreadThatSleeps_isWokenByACompletion() throws Exception {
    try (QueueLoop loop = new QueueLoop("fifo", 0, death -> {});
        Fd kick = Fd.event()) {
      loop.add(ring());
      loop.start();
      TimeUnit.MILLISECONDS.sleep(50); // the ring is the thread's by now
      Request read = guest.read(0, SECTOR);
      loop.add(guest.device(), guest.queue(), kick, broken -> {});
      TimeUnit.MILLISECONDS.sleep(200); // and it sleeps
      assertThat(guest.driver().nextUsed()).isEmpty();
      feed(SECTOR);
      var answer = guest.next();
      for (int i = 0; i < 3000 && answer.isEmpty(); i++) {
        TimeUnit.MILLISECONDS.sleep(10);
        answer = guest.next();
      }
      assertThat(answer).contains(new Answer(read, Status.OK, SECTOR + 1));
      guest.queue().drain();
      loop.wake();
      guest.queue().stopped().get(30, TimeUnit.SECONDS);
      loop.remove(guest.queue());
    }
  }

  @Test
  void closing_doesNotWaitForEver_andKeepsWhatHangs() {
    Engine engine =
        new UringEngine(fifo, Alignment.NONE, new WorkerEngine("unused", new VectoredIo(fifo)));
    assertThat(engine.sources(0).getFirst().poll(64)).isZero();
    TestRequest request = new TestRequest();
    request.read(0, Memory.room(SECTOR));
    engine.submit(request);
    engine.endBatch();
    assertThat(engine.close(50)).isFalse();
    assertThat(request.completions()).isZero();
    feed(SECTOR);
    assertThat(engine.close(10_000)).isTrue();
    assertThat(request.await()).isZero();
  }
}
