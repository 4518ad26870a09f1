package org.kvmzone.bridge.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongUnaryOperator;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.Allocation;

class AggregationTest {
  private static final Probe DONE =
      Probe.define(
          "aggtest",
          "done",
          Arg.string("disk"),
          Arg.string("op"),
          Arg.nanoseconds("latency"),
          Arg.id("queue"),
          Arg.bytes("length"));

  private static final String[] DISKS = {"disk0", "disk1", "disk2"};
  private static final String[] OPS = {"read", "write", "flush", "discard"};

  private record Firing(String disk, String op, long latency, long queue, long length) {}

  private static Aggregation watch(String rest) {
    return Watch.parse("aggtest:done " + rest).start();
  }

  /** Every function against a model that keeps all values and looks at them one by one. */
  @Test
  void everyFunction_agreesWithAModelThatKeepsAllValues() {
    long seed = Long.getLong("seed", System.nanoTime());
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    Map<String, Aggregation> running = new TreeMap<>();
    for (String function :
        List.of(
            "count()",
            "sum(latency)",
            "avg(latency)",
            "min(latency)",
            "max(latency)",
            "quantize(latency)",
            "quantize(latency, length)",
            "lquantize(latency, -1000, 3000, 7)",
            "lquantize(latency, 0, 100, 10, length)")) {
      running.put(function, watch("@[op, queue] = " + function));
    }
    Map<List<Row.Part>, List<Firing>> seen = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      long latency = random.nextLong() >> random.nextInt(64);
      Firing f =
          new Firing(
              DISKS[random.nextInt(DISKS.length)],
              OPS[random.nextInt(OPS.length)],
              latency,
              random.nextInt(-3, 3),
              random.nextInt(-2, 9));
      // A string that is equal but not the same must find the same key.
      String op = random.nextBoolean() ? f.op : String.valueOf(f.op.toCharArray());
      DONE.fire(f.disk, op, f.latency, f.queue, f.length);
      seen.computeIfAbsent(
              List.of(new Row.Text(f.op), new Row.Int64(f.queue)), key -> new ArrayList<>())
          .add(f);
    }
    running.forEach((function, aggregation) -> {
      aggregation.close();
      Map<List<Row.Part>, Row.Result> found = new HashMap<>();
      aggregation.snapshot().rows().forEach(row -> found.put(row.key(), row.result()));
      Map<List<Row.Part>, Row.Result> expected = new HashMap<>();
      seen.forEach((key, firings) -> expected.put(key, model(function, firings)));
      assertThat(found).as("seed %d: %s", seed, function).isEqualTo(expected);
    });
  }

  private static Row.Result model(String function, List<Firing> firings) {
    long count = firings.size();
    long sum = firings.stream().mapToLong(Firing::latency).sum();
    return switch (function) {
      case "count()" -> new Row.Int64(count);
      case "sum(latency)" -> new Row.Int64(sum);
      case "avg(latency)" -> new Row.Average(sum / count, count, sum);
      case "min(latency)" ->
          new Row.Int64(firings.stream().mapToLong(Firing::latency).min().orElseThrow());
      case "max(latency)" ->
          new Row.Int64(firings.stream().mapToLong(Firing::latency).max().orElseThrow());
      case "quantize(latency)" -> buckets(firings, false, AggregationTest::power);
      case "quantize(latency, length)" -> buckets(firings, true, AggregationTest::power);
      case "lquantize(latency, -1000, 3000, 7)" ->
          buckets(firings, false, value -> step(value, -1000, 7, 571));
      case "lquantize(latency, 0, 100, 10, length)" ->
          buckets(firings, true, value -> step(value, 0, 10, 10));
      default -> throw new AssertionError(function);
    };
  }

  /** The buckets by their lowest value, which {@code lowest} finds in some naive way. */
  private static Row.Buckets buckets(
      List<Firing> firings, boolean weighted, LongUnaryOperator lowest) {
    TreeMap<Long, long[]> byLowest = new TreeMap<>();
    for (Firing f : firings) {
      long[] bucket =
          byLowest.computeIfAbsent(
              lowest.applyAsLong(f.latency),
              low -> new long[] {0, highest(low, f.latency, lowest)});
      bucket[0] += weighted ? f.length : 1;
    }
    List<Row.Bucket> buckets = new ArrayList<>();
    byLowest.forEach((low, bucket) -> {
      if (bucket[0] != 0) {
        buckets.add(new Row.Bucket(low, bucket[1], bucket[0]));
      }
    });
    return new Row.Buckets(buckets);
  }

  /** The greatest value with the same lowest, by bisection. */
  private static long highest(long low, long inside, LongUnaryOperator lowest) {
    long yes = inside;
    long no = Long.MAX_VALUE;
    if (lowest.applyAsLong(no) == low) {
      return no;
    }
    while (no - 1 != yes) {
      long middle = (yes & no) + ((yes ^ no) >> 1);
      if (lowest.applyAsLong(middle) == low) {
        yes = middle;
      } else {
        no = middle;
      }
    }
    return yes;
  }

  private static long power(long value) {
    if (value < 0) {
      long edge = -1;
      while (edge > -(1L << 62) && 2 * edge >= value) {
        edge *= 2;
      }
      return edge == -(1L << 62) ? Long.MIN_VALUE : 2 * edge + 1;
    }
    long edge = 1;
    while (edge < 1L << 62 && 2 * edge <= value) {
      edge *= 2;
    }
    return value == 0 ? 0 : edge;
  }

  private static long step(long value, long base, long step, int levels) {
    if (value < base) {
      return Long.MIN_VALUE;
    }
    long low = base;
    for (int i = 0; i < levels; i++, low += step) {
      if (value < low + step) {
        return low;
      }
    }
    return low;
  }

  @Test
  void totals_areExactAfterThreadsFiredWhileOthersLookedAndWatched() throws Exception {
    int threads = 4;
    int firings = 50_000;
    Aggregation steady = watch("@[disk, queue] = quantize(latency)");
    Aggregation count = watch("@ = count()");
    CyclicBarrier start = new CyclicBarrier(threads + 2);
    AtomicBoolean firing = new AtomicBoolean(true);
    List<Thread> firers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int queue = t;
      firers.add(
          Thread.ofPlatform()
              .start(() -> {
                await(start);
                for (int i = 0; i < firings; i++) {
                  DONE.fire(DISKS[i % 3], OPS[i % 4], i, queue % 2, 1);
                }
              }));
    }
    List<Long> partial = new ArrayList<>();
    Thread watching =
        Thread.ofPlatform()
            .start(() -> {
              await(start);
              do {
                Aggregation passing = watch("@[op] = sum(length)");
                total(count);
                passing.close();
                partial.add(total(passing));
              } while (firing.get());
            });
    await(start);
    List<Long> looks = new ArrayList<>();
    while (firers.stream().anyMatch(Thread::isAlive)) {
      looks.add(total(count));
      total(steady);
    }
    for (Thread firer : firers) {
      firer.join();
    }
    firing.set(false);
    watching.join();
    steady.close();
    count.close();

    long all = (long) threads * firings;
    assertThat(total(steady)).isEqualTo(all);
    assertThat(total(count)).isEqualTo(all);
    assertThat(steady.snapshot().rows()).hasSize(3 * 2);
    assertThat(looks).isSorted().allMatch(look -> look <= all);
    assertThat(partial).isNotEmpty().allMatch(sum -> sum <= all);
    assertThat(DONE.watched()).isFalse();
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static long total(Aggregation aggregation) {
    Snapshot snapshot = aggregation.snapshot();
    long total = snapshot.dropped();
    for (Row row : snapshot.rows()) {
      total +=
          switch (row.result()) {
            case Row.Int64(long value) -> value;
            case Row.Average average -> average.count();
            case Row.Buckets(List<Row.Bucket> buckets) ->
                buckets.stream().mapToLong(Row.Bucket::count).sum();
          };
    }
    return total;
  }

  @Test
  void keys_areBoundedAndWhatFindsNoRoomIsCounted() {
    Aggregation quantize = watch("@[queue] = quantize(latency)");
    int fitting = Aggregation.MAX_LONGS / KeyTable.cost(Quantize.INSTANCE);
    for (int queue = 0; queue < fitting + 10; queue++) {
      DONE.fire("d", "r", 1, queue, 0);
    }
    DONE.fire("d", "r", 1, 0, 0);
    quantize.close();
    Snapshot snapshot = quantize.snapshot();
    assertThat(snapshot.rows()).hasSize(fitting);
    assertThat(snapshot.dropped()).isEqualTo(10);
    assertThat(total(quantize)).as("a known key is still counted").isEqualTo(fitting + 10 + 1);
  }

  @Test
  void firing_allocatesNothingForAKeyThatWasSeen() {
    Aggregation quantize = watch("@[disk, op, queue] = quantize(latency)");
    Aggregation average = watch("@[disk] = avg(latency)");
    fireMany(10_000);
    long before = Allocation.soFar();
    fireMany(100_000);
    long allocated = Allocation.soFar() - before;
    quantize.close();
    average.close();
    assertThat(total(quantize)).isEqualTo(110_000);
    assertThat(allocated).as("bytes for 100000 firings").isLessThan(1000);
  }

  private static void fireMany(int firings) {
    for (int i = 0; i < firings; i++) {
      DONE.fire(DISKS[i % 3], OPS[i % 4], i, i & 7, 512);
    }
  }
}
