package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.SplitVirtqueue;

/**
 * A disk on a file with its real threads: four queues on two of them, drivers that kick and wait.
 */
class DiskOnLoopsTest {
  private static final int QUEUES = 4;
  private static final int SHARE = 1 << 20; // bytes of the disk that each driver uses

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource(EngineKind.class)
  void fourDriversReadWhatTheyWrote(EngineKind engine) throws Exception {
    Path path = directory.resolve("disk.img");
    OptionalLong size = OptionalLong.of(QUEUES * SHARE);
    VirtioBlk disk =
        new VirtioBlk(
            "disk0",
            RawZvol.open(
                new RawZvol.Options(
                    path, false, size, Optional.empty(), false, engine, Optional.empty())),
            new VirtioBlk.Settings("serial", QUEUES, 2, 126));
    long seed = new Random().nextLong();
    List<Throwable> deaths = new ArrayList<>();
    try (ExecutorService guests = Executors.newFixedThreadPool(QUEUES);
        GuestRam ram = new GuestRam(64 << 20);
        QueueLoop even = new QueueLoop("disk0-0", 0, deaths::add);
        QueueLoop odd = new QueueLoop("disk0-1", 50_000, deaths::add)) {
      disk.negotiated(VirtioBlk.F_FLUSH);
      List<Driver> drivers = new ArrayList<>();
      for (int i = 0; i < QUEUES; i++) {
        drivers.add(new Driver(disk, i, ram, i % 2 == 0 ? even : odd, new Random(seed + i)));
      }
      disk.sources(0).forEach(even::add);
      disk.sources(1).forEach(odd::add);
      even.start();
      odd.start();
      for (Future<Void> each : guests.invokeAll(drivers)) {
        each.get();
      }
      for (Driver driver : drivers) {
        driver.queue.drain();
        driver.queue.stopped().get(30, TimeUnit.SECONDS);
        driver.kick.close();
      }
    } finally {
      disk.close();
    }
    assertThat(deaths).isEmpty();
    Map<String, Long> counters = disk.report().counters();
    assertThat(Stream.of("reads", "writes", "flushes").mapToLong(counters::get).sum())
        .as("seed %s", seed)
        .isEqualTo(QUEUES * Driver.BATCHES * Driver.BATCH);
    assertThat(counters).containsEntry("ioerrors", 0L);
  }

  /** Several requests at a time on a part of the disk that is its own. */
  private static final class Driver implements Callable<Void> {
    static final long BATCHES = 200;
    static final int BATCH = 8;
    private static final int SIZE = 4096;

    private final int index;
    private final GuestRam ram;
    private final Random random;
    private final DriverRing ring;
    private final DeviceQueue queue;
    private final Fd kick = Fd.event();
    private final Semaphore interrupts = new Semaphore(0);
    private final byte[] expected = new byte[SHARE];
    private final Piece[] headers = new Piece[BATCH];
    private final Piece[] data = new Piece[BATCH];
    private final Piece[] statuses = new Piece[BATCH];

    Driver(VirtioBlk disk, int index, GuestRam ram, QueueLoop loop, Random random) {
      this.index = index;
      this.ram = ram;
      this.random = random;
      ring = new DriverRing(ram, 64);
      queue =
          new DeviceQueue(
              index,
              new SplitVirtqueue(64, VirtioBlk.F_FLUSH, 0, ram.memory(), ring.memory()),
              interrupts::release,
              loop::wake,
              new Counters<>(QueueCounter.class));
      disk.started(queue);
      loop.add(disk, queue, kick, broken -> {});
      for (int i = 0; i < BATCH; i++) {
        headers[i] = ram.readable(new byte[16]);
        data[i] = ram.readable(new byte[SIZE]);
        statuses[i] = ram.writable(1);
      }
    }

    @Override
    public Void call() throws InterruptedException {
      for (int i = 0; i < BATCHES; i++) {
        batch();
      }
      return null;
    }

    private void batch() throws InterruptedException {
      int first = random.nextInt(SHARE / SIZE - BATCH);
      int[] types = new int[BATCH];
      for (int i = 0; i < BATCH; i++) {
        types[i] = random.nextInt(50) == 0 ? GuestDisk.FLUSH : random.nextInt(2);
        request(i, types[i], (first + i) * SIZE);
      }
      SysEventfd.signal(kick.number());
      int left = BATCH;
      while (left > 0) {
        if (!interrupts.tryAcquire(30, TimeUnit.SECONDS)) {
          throw new AssertionError("queue " + index + " does not answer");
        }
        for (Optional<Used> used = ring.nextUsed(); used.isPresent(); used = ring.nextUsed()) {
          left--;
        }
      }
      for (int i = 0; i < BATCH; i++) {
        assertThat(ram.bytes(statuses[i])).containsExactly(Status.OK);
        if (types[i] == GuestDisk.IN) {
          int at = (first + i) * SIZE;
          assertThat(ram.bytes(data[i])).isEqualTo(Arrays.copyOfRange(expected, at, at + SIZE));
        }
      }
    }

    private void request(int slot, int type, int at) {
      fill(headers[slot], GuestDisk.header(type, (index * (long) SHARE + at) / 512));
      fill(statuses[slot], new byte[] {GuestDisk.UNTOUCHED});
      if (type == GuestDisk.FLUSH) {
        ring.add(headers[slot], statuses[slot]);
        return;
      }
      byte[] bytes = Memory.random(SIZE, random);
      fill(data[slot], bytes);
      if (type == GuestDisk.OUT) {
        System.arraycopy(bytes, 0, expected, at, SIZE);
      }
      ring.add(
          headers[slot],
          new Piece(data[slot].address(), SIZE, type == GuestDisk.IN),
          statuses[slot]);
    }

    private void fill(Piece piece, byte[] bytes) {
      ram.at(piece.address(), bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    }
  }
}
