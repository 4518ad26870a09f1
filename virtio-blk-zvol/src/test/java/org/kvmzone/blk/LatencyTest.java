package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.probe.Aggregation;
import org.kvmzone.bridge.probe.Row;
import org.kvmzone.bridge.probe.Row.Bucket;
import org.kvmzone.bridge.probe.Row.Buckets;
import org.kvmzone.bridge.probe.Watch;
import org.kvmzone.bridge.probe.Watcher;

/**
 * What {@code zvol:done quantize(latency)} says, beside the records of those at both ends: a volume
 * of known delays that looks at the clock itself, and a driver that does. What is reported lies
 * between the two, request by request and in the sum, however busy the machine is: it includes all
 * that the volume took, and nothing that the driver did not wait for.
 */
class LatencyTest {
  private static final long SEED = Long.getLong("kvmzone.seed", System.nanoTime());

  /** How long the volume takes: nanoseconds. */
  private static final long[] DELAYS = {0, 100_000, 1_000_000, 10_000_000};

  /** Completes each operation on a thread of its own after its delay, or at once, or slowly. */
  private static final class KnownZvol implements Zvol {
    final long[] submitted;
    final long[] completed;
    private final long[] delays;
    private final boolean inline;
    private final ScheduledExecutorService later = Executors.newScheduledThreadPool(1);

    KnownZvol(long[] delays, boolean inline) {
      this.delays = delays;
      this.inline = inline;
      submitted = new long[delays.length];
      completed = new long[delays.length];
    }

    @Override
    public void submit(ZvolRequest request) {
      int number = (int) (request.offset() / LatencyDriver.BYTES);
      submitted[number] = System.nanoTime();
      if (!inline) {
        var _ =
            later.schedule(() -> complete(request, number), delays[number], TimeUnit.NANOSECONDS);
        return;
      }
      while (System.nanoTime() - submitted[number] < delays[number]) {
        Thread.onSpinWait();
      }
      complete(request, number);
    }

    private void complete(ZvolRequest request, int number) {
      completed[number] = System.nanoTime();
      request.complete(0);
    }

    @Override
    public String name() {
      return "known";
    }

    @Override
    public long size() {
      return (long) delays.length * LatencyDriver.BYTES;
    }

    @Override
    public BlockSizes blockSizes() {
      return BlockSizes.of(512, 4096);
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
    public void close() {
      later.shutdownNow();
    }
  }

  /** One at a time and many; what is slow lets others pass. */
  @Test
  void whatIsReported_liesBetweenTheDevicesRecordAndTheDrivers() throws Exception {
    SplittableRandom random = new SplittableRandom(SEED);
    long[] delays = new long[400];
    Arrays.setAll(delays, _ -> delay(random));
    check(new KnownZvol(delays, false), delays.length, 16);
  }

  private static long delay(SplittableRandom random) {
    long most = DELAYS[random.nextInt(DELAYS.length)];
    return most == 0 ? 0 : random.nextLong(most / 2, most + most / 2);
  }

  @Test
  void ofAVolumeThatIsDoneAtOnce_too() throws Exception {
    check(new KnownZvol(new long[5000], true), 5000, 1);
    check(new KnownZvol(new long[5000], true), 5000, 16);
  }

  /** The first of a batch is told with the last: the guest waits for all of them. */
  @Test
  void ofAVolumeThatWorksOnTheQueuesThread_too() throws Exception {
    long[] delays = new long[400];
    Arrays.fill(delays, 50_000);
    check(new KnownZvol(delays, true), delays.length, 16);
  }

  private static void check(KnownZvol volume, int requests, int batch) throws Exception {
    VirtioBlk disk = new VirtioBlk("known0", volume, new VirtioBlk.Settings("known", 1, 1, 126));
    List<Throwable> deaths = new ArrayList<>();
    int[] numbers = new int[requests]; // by the probes' id
    long[] reported = new long[requests];
    // On the loop's thread, whose end is waited for before these are looked at.
    Watcher onStart =
        (_, _, _, id, offset, _, _) -> numbers[(int) id] = (int) (offset / LatencyDriver.BYTES);
    Watcher onDone = (_, _, _, id, latency, _, _) -> reported[numbers[(int) id]] = latency;
    BlkProbes.START.watch(onStart);
    BlkProbes.DONE.watch(onDone);
    try (disk;
        Aggregation watched = Watch.parse("zvol:done @[disk] = quantize(latency)").start()) {
      LatencyDriver driver;
      try (QueueLoop loop = new QueueLoop("known0-0", 0, deaths::add)) {
        loop.start();
        driver = new LatencyDriver(disk, loop, requests);
        driver.run(batch, new SplittableRandom(SEED));
      }
      compare(volume, reported, driver);
      assertThat(buckets(watched)).as("seed %d", SEED).isEqualTo(powersOfTwo(reported));
      compareQuantiles(watched, volume, driver);
      driver.close();
    } finally {
      BlkProbes.START.unwatch(onStart);
      BlkProbes.DONE.unwatch(onDone);
    }
    assertThat(deaths).isEmpty();
  }

  private static void compare(KnownZvol volume, long[] reported, LatencyDriver driver) {
    for (int i = 0; i < reported.length; i++) {
      assertThat(reported[i])
          .as("latency of request %d, seed %d", i, SEED)
          .isBetween(volume.completed[i] - volume.submitted[i], driver.nanos(i));
    }
  }

  /** How many values are at least 2^k and less than 2^(k+1), by 2^k. */
  private static Map<Long, Long> powersOfTwo(long[] values) {
    Map<Long, Long> counts = new TreeMap<>();
    for (long value : values) {
      long power = 1;
      while (power * 2 <= value) {
        power *= 2;
      }
      counts.merge(power, 1L, Long::sum);
    }
    return counts;
  }

  private static Map<Long, Long> buckets(Aggregation watched) {
    Map<Long, Long> counts = new TreeMap<>();
    for (Bucket bucket : ascending(watched)) {
      counts.put(bucket.low(), bucket.count());
    }
    return counts;
  }

  private static List<Bucket> ascending(Aggregation watched) {
    List<Row> rows = watched.snapshot().rows();
    assertThat(rows).hasSize(1);
    return ((Buckets) rows.getFirst().result()).buckets();
  }

  /** As requests, so quantiles: none of them is below the device's or above the driver's. */
  private static void compareQuantiles(
      Aggregation watched, KnownZvol volume, LatencyDriver driver) {
    int requests = volume.submitted.length;
    Histogram device = new Histogram(3);
    Histogram waited = new Histogram(3);
    IntStream.range(0, requests)
        .forEach(i -> {
          device.recordValue(volume.completed[i] - volume.submitted[i]);
          waited.recordValue(driver.nanos(i));
        });
    for (double percent : new double[] {1, 10, 50, 90, 99, 100}) {
      long rank = Math.max(1, (long) Math.ceil(percent / 100 * requests));
      Bucket bucket = at(rank, ascending(watched));
      assertThat(bucket.high())
          .as("%s %% of the requests, seed %d", percent, SEED)
          .isGreaterThanOrEqualTo(
              device.lowestEquivalentValue(device.getValueAtPercentile(percent)));
      assertThat(bucket.low())
          .as("%s %% of the requests, seed %d", percent, SEED)
          .isLessThanOrEqualTo(waited.getValueAtPercentile(percent));
    }
  }

  private static Bucket at(long rank, List<Bucket> ascending) {
    long below = 0;
    for (Bucket bucket : ascending) {
      below += bucket.count();
      if (below >= rank) {
        return bucket;
      }
    }
    throw new AssertionError("of " + rank + " requests " + below + " were reported");
  }
}
