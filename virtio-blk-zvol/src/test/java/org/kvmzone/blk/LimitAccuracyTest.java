package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.testing.OsThread;

/**
 * What a driver reaches that is held to so much, by its own count and clock, with the device's real
 * threads. The table of it is left in {@code target/limits.md}.
 */
@Timeout(60)
class LimitAccuracyTest {
  private static final long WINDOW = TimeUnit.SECONDS.toNanos(1);

  /** A machine that is busy with something else may keep any thread waiting for 3 % of a second. */
  private static final int ATTEMPTS = 5;

  private static final List<String> TABLE = new ArrayList<>();

  private static VirtioBlk disk(String id, String limits, Optional<String> group) {
    return new VirtioBlk(
        id,
        new NullZvol(1 << 30, false, BlockSizes.of(512, 4096)),
        new VirtioBlk.Settings(
            id, 4, 1, 126, false, Limits.of(Spec.parse("zvol,id=d," + limits)), group));
  }

  @AfterAll
  static void leaveTheTable() throws IOException {
    List<String> lines =
        new ArrayList<>(List.of("| asked | of | reached | off by |", "|---|---|---:|---:|"));
    lines.addAll(TABLE);
    Files.write(Path.of("target", "limits.md"), lines);
  }

  @ParameterizedTest
  @CsvSource({
    "iops-total=100, 1, 4096, 100",
    "iops-total=1000, 1, 4096, 1000",
    "iops-total=50000, 1, 4096, 50000",
    "bps-total=1000000, 1, 4096, 244.14",
    "bps-total=100000000, 1, 65536, 1525.88",
    "bps-total=1000000000, 1, 131072, 7629.39",
    "iops-total=100, 3, 4096, 100",
    "iops-total=1000, 3, 4096, 1000",
    "iops-total=50000, 3, 4096, 50000",
    "bps-total=1000000, 3, 4096, 244.14",
    "bps-total=100000000, 3, 65536, 1525.88",
    "bps-total=1000000000, 3, 131072, 7629.39",
  })
  void whatIsAsked_isReached_andNotPassed(String limit, int disks, int bytes, double asked)
      throws Exception {
    double reached = 0;
    double off = Double.MAX_VALUE;
    for (int i = 0; i < ATTEMPTS && off > 0.03; i++) {
      double now = measure(limit, disks, bytes);
      assertThat(now).as("never passed").isLessThanOrEqualTo(asked * 1.03);
      if (Math.abs(now / asked - 1) < off) {
        reached = now;
        off = Math.abs(now / asked - 1);
      }
    }
    boolean ofBytes = limit.startsWith("bps");
    TABLE.add(
        String.format(
            Locale.ROOT,
            "| `%s` | %s | %s | %+.1f %% |",
            limit,
            disks == 1 ? "one disk" : "a group of " + disks,
            ofBytes
                ? String.format(Locale.ROOT, "%.2f MB/s", reached * bytes / 1e6)
                : String.format(Locale.ROOT, "%.0f", reached),
            (reached / asked - 1) * 100));
    assertThat(off).as("%s: %.0f of %.0f", limit, reached, asked).isLessThanOrEqualTo(0.03);
  }

  /** Requests a second of all disks together; they begin with full buckets. */
  private static double measure(String limit, int disks, int bytes) throws Exception {
    Optional<String> group = disks == 1 ? Optional.empty() : Optional.of("measured");
    List<VirtioBlk> made = new ArrayList<>();
    List<QueueLoop> loops = new ArrayList<>();
    List<SteadyDriver> drivers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(disks)) {
      for (int i = 0; i < disks; i++) {
        VirtioBlk disk = disk("disk" + i, limit, group);
        made.add(disk);
        disk.negotiated(VirtioBlk.F_FLUSH);
        QueueLoop loop = new QueueLoop("limited-" + i, 0, death -> {});
        loops.add(loop);
        loop.start();
        drivers.add(new SteadyDriver(disk, loop, 0, i % 2 == 1, 32, bytes));
      }
      List<Callable<Long>> tasks = new ArrayList<>();
      drivers.forEach(driver -> tasks.add(() -> driver.run(WINDOW)));
      long count = 0;
      for (Future<Long> result : threads.invokeAll(tasks)) {
        count += result.get();
      }
      return (double) count * TimeUnit.SECONDS.toNanos(1) / WINDOW;
    } finally {
      drivers.forEach(SteadyDriver::close);
      loops.forEach(QueueLoop::close);
      made.forEach(VirtioBlk::close);
    }
  }

  @Test
  void readsAndWritesApart_eachReachTheirOwn() throws Exception {
    try (VirtioBlk disk = disk("d", "iops-read=500,iops-write=200", Optional.empty());
        QueueLoop loop = new QueueLoop("apart", 0, death -> {});
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      disk.negotiated(VirtioBlk.F_FLUSH);
      loop.start();
      try (SteadyDriver reader = new SteadyDriver(disk, loop, 0, false, 8, 512);
          SteadyDriver writer = new SteadyDriver(disk, loop, 1, true, 8, 512)) {
        long read = 0;
        long written = 0;
        for (int i = 0; i < ATTEMPTS && (read < 450 || written < 180); i++) {
          Future<Long> reads = threads.submit(() -> reader.run(WINDOW));
          Future<Long> writes = threads.submit(() -> writer.run(WINDOW));
          read = reads.get();
          written = writes.get();
          assertThat(read).as("never passed").isLessThanOrEqualTo(515);
          assertThat(written).as("never passed").isLessThanOrEqualTo(206);
        }
        assertThat(read).isGreaterThanOrEqualTo(450);
        assertThat(written).isGreaterThanOrEqualTo(180);
      }
    }
  }

  /** Two requests a second: one each half of it, and nothing runs in between. */
  @Test
  void aLowRate_doesNotStall_andItsWaitingCostsNoCpu() throws Exception {
    try (VirtioBlk disk = disk("d", "iops-total=2", Optional.empty());
        QueueLoop loop = new QueueLoop("patient", 32_000, death -> {})) {
      disk.negotiated(VirtioBlk.F_FLUSH);
      loop.start();
      try (SteadyDriver driver = new SteadyDriver(disk, loop, 0, false, 16, 512)) {
        long before = OsThread.only("patient").sleeps();
        assertThat(driver.run(3 * WINDOW + WINDOW / 4)).isEqualTo(7);
        assertThat(OsThread.only("patient").sleeps() - before).isLessThanOrEqualTo(30);
      }
    }
  }
}
