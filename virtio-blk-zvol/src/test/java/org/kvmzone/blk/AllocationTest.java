package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.testing.Allocation;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.virtqueue.SplitVirtqueue;

/** Requests cost no garbage, once the code that serves them is compiled. */
class AllocationTest {
  private static final int RING = 128;
  private static final int TURNS = 100;
  private static final int REQUESTS = TURNS * (RING / 3);

  @TempDir private Path directory;

  @Test
  void theDevice_allocatesNothing() {
    assertThat(leastAllocated(new NullZvol(1 << 20, false, BlockSizes.of(512, 4096)), 0)).isZero();
  }

  @Test
  void readsOfAFile_allocateNothingEither() {
    RawZvol.Options options =
        new RawZvol.Options(
            directory.resolve("disk.img"), false, OptionalLong.of(1 << 20), Optional.empty());
    long bound = REQUESTS * Allocation.BYTES_PER_SYSTEM_CALL;
    assertThat(leastAllocated(RawZvol.open(options), bound)).isLessThanOrEqualTo(bound);
  }

  @Test
  void readsByIoUring_allocateNothingEither() {
    RawZvol.Options options =
        new RawZvol.Options(
            directory.resolve("disk.img"),
            false,
            OptionalLong.of(1 << 20),
            Optional.empty(),
            false,
            EngineKind.IO_URING,
            Optional.empty());
    long bound = 4 * TURNS * Allocation.BYTES_PER_SYSTEM_CALL;
    assertThat(leastAllocated(RawZvol.open(options), bound)).isLessThanOrEqualTo(bound);
  }

  /**
   * The least that this thread allocates for {@link #REQUESTS} reads; no more than {@code enough}
   * ends the search.
   */
  private static long leastAllocated(Zvol zvol, long enough) {
    VirtioBlk disk = new VirtioBlk("disk0", zvol, new VirtioBlk.Settings("serial", 1, 1, 126));
    try (GuestRam ram = new GuestRam(8 << 20)) {
      RepeatingDriver driver = new RepeatingDriver(ram, RING, 4096);
      DeviceQueue queue =
          new DeviceQueue(
              0,
              new SplitVirtqueue(RING, 0, 0, ram.memory(), driver.memory()),
              () -> {},
              () -> {},
              new Counters<>(QueueCounter.class));
      disk.started(queue);
      EventSource[] sources = disk.sources(0).toArray(EventSource[]::new);
      for (EventSource source : sources) {
        int ignored = source.poll(RING);
      }
      long least = Allocation.least(enough, () -> turns(disk, queue, sources, driver));
      assertThat(disk.report().counters()).containsEntry("ioerrors", 0L);
      assertThat(queue.ring().fault()).isEmpty();
      return least;
    } finally {
      disk.close();
    }
  }

  private static long turns(
      VirtioBlk disk, DeviceQueue queue, EventSource[] sources, RepeatingDriver driver) {
    long before = Allocation.soFar();
    for (int turn = 0; turn < TURNS; turn++) {
      driver.refill();
      do {
        int ignored = disk.process(queue, RING);
        for (EventSource source : sources) {
          ignored = source.poll(RING);
        }
      } while (queue.ring().inFlight() > 0 || !disk.mayIdle(queue));
    }
    return Allocation.soFar() - before;
  }
}
