package org.kvmzone.bridge.probe;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A {@link Watch} that is running: what has been fired since, aggregated by key. Every thread that
 * fires adds to numbers of its own, without a lock and, for a key that it has seen before, without
 * allocating; they are put together when somebody takes a {@link #snapshot()}.
 *
 * <p>The memory is bounded, over all keys and threads, to 2 MiB: that is 15000 keys of a {@code
 * count()} or 1800 of a {@code quantize()} on one thread, or a quarter of that on each of four.
 * What finds no room is counted as dropped.
 */
public final class Aggregation implements Watcher, AutoCloseable {
  /** 2 MiB. */
  static final int MAX_LONGS = 1 << 18;

  private static final int NONE = -1;

  private final Watch watch;
  private final Function function;
  private final int keyed;
  private final int value;
  private final int increment;
  private final Lanes lanes;

  private Aggregation(Watch watch) {
    this.watch = watch;
    this.function = watch.function();
    this.keyed = watch.keys().stream().mapToInt(key -> 1 << slot(key)).sum();
    this.value = watch.value().map(this::slot).orElse(NONE);
    this.increment = watch.increment().map(this::slot).orElse(NONE);
    Budget budget = new Budget(MAX_LONGS);
    Hash hash = Hash.of(new SplittableRandom());
    this.lanes = new Lanes(() -> new KeyTable(function, budget, hash));
  }

  static Aggregation start(Watch watch) {
    Aggregation aggregation = new Aggregation(watch);
    watch.probe().watch(aggregation);
    return aggregation;
  }

  /** Where an argument stands among those of {@link #fired}. */
  private int slot(Arg arg) {
    List<Arg> args = watch.probe().args();
    int index = args.indexOf(arg);
    int strings = (int) args.stream().filter(Arg::isString).count();
    return arg.isString() ? index : Probe.MAX_STRINGS + index - strings;
  }

  @Override
  public void fired(String s0, String s1, String s2, long n0, long n1, long n2, long n3) {
    // What is not part of the key is blanked, so that one shape of key serves every watch; the
    // bits are those of slot().
    long[] cells =
        lanes
            .mine()
            .cells(
                (keyed & 1) != 0 ? s0 : "",
                (keyed & 2) != 0 ? s1 : "",
                (keyed & 4) != 0 ? s2 : "",
                (keyed & 8) != 0 ? n0 : 0,
                (keyed & 16) != 0 ? n1 : 0,
                (keyed & 32) != 0 ? n2 : 0,
                (keyed & 64) != 0 ? n3 : 0);
    if (cells != null) {
      long by = increment == NONE ? 1 : number(increment, n0, n1, n2, n3);
      function.add(cells, number(value, n0, n1, n2, n3), by);
    }
  }

  private static long number(int slot, long n0, long n1, long n2, long n3) {
    return switch (slot) {
      case Probe.MAX_STRINGS -> n0;
      case Probe.MAX_STRINGS + 1 -> n1;
      case Probe.MAX_STRINGS + 2 -> n2;
      case Probe.MAX_STRINGS + 3 -> n3;
      default -> 0;
    };
  }

  /** What is watched, and how. */
  public Watch watch() {
    return watch;
  }

  /**
   * What has been seen so far. May be called while probes fire: every number is then one that it
   * had at some moment of the call.
   */
  public Snapshot snapshot() {
    Map<List<Row.Part>, long[]> merged = new HashMap<>();
    long dropped = 0;
    for (KeyTable table : lanes.all()) {
      dropped += table.dropped();
      for (Entry entry : table.entries()) {
        long[] into = merged.computeIfAbsent(key(entry), key -> started());
        function.merge(into, Cells.copy(entry.cells()));
      }
    }
    List<Row> rows = new ArrayList<>();
    merged.forEach((key, cells) -> rows.add(new Row(key, function, cells)));
    rows.sort(Row.BY_VALUE);
    return new Snapshot(watch, rows, dropped);
  }

  private long[] started() {
    long[] cells = new long[function.cells()];
    function.start(cells);
    return cells;
  }

  private List<Row.Part> key(Entry entry) {
    List<Row.Part> key = new ArrayList<>();
    for (Arg arg : watch.keys()) {
      key.add(
          switch (slot(arg)) {
            case 0 -> new Row.Text(entry.s0());
            case 1 -> new Row.Text(entry.s1());
            case 2 -> new Row.Text(entry.s2());
            default ->
                new Row.Int64(number(slot(arg), entry.n0(), entry.n1(), entry.n2(), entry.n3()));
          });
    }
    return List.copyOf(key);
  }

  /** Stops watching. What was seen can still be read. */
  @Override
  public void close() {
    watch.probe().unwatch(this);
  }
}
