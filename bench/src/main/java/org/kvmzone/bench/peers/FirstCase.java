package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.kvmzone.bench.bare.BareFrontEnd;

/**
 * The first tenth of a second of a back end's life in which it is asked for something, beside those
 * that come when it has settled: what a compiler that works on demand costs whoever comes first.
 *
 * <p>Nothing but the back end is new: the front end is compiled before there is one, and counts
 * from its first request on ({@link BareFrontEnd}). That a back end in C is as fast at once shows
 * it.
 *
 * @param <S> what the back end is asked to be
 */
final class FirstCase<S> implements Case {
  private static final String FIRST = "first-100-ms";
  private static final String LATER = "later";

  /** In one tenth of a second. */
  private static final int WINDOWS = (int) (100 / BareFrontEnd.WINDOW_MILLIS);

  /** What comes between the first tenth and those that it is compared with. */
  private static final int SETTLING_SECONDS = 3;

  private static final int TENTHS = 10; // in a second
  private static final int SHOWN = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Pattern READY = Pattern.compile("^ready$");
  private static final Pattern COUNTS = Pattern.compile("^= ([0-9 ]+)$");

  private final String name;
  private final String unit;
  private final S setup;
  private final Backend<S> backend;
  private final List<String> device;
  private final Optional<Target> target;
  private final Workbench bench;
  private final int seconds;

  /** What was measured together with what was asked for, until it is asked for, too. */
  private final Map<String, Sample> known = new HashMap<>();

  /**
   * A case.
   *
   * @param name of what is asked of the back end
   * @param device the front end's options
   * @param seconds that the back end is driven when it has settled
   */
  FirstCase(
      String name,
      String unit,
      S setup,
      Backend<S> backend,
      List<String> device,
      Optional<Target> target,
      Workbench bench,
      int seconds) {
    this.name = "first/" + name + "/" + backend.name();
    this.unit = unit;
    this.setup = setup;
    this.backend = backend;
    this.device = device;
    this.target = target;
    this.bench = bench;
    this.seconds = seconds;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String unit() {
    return unit;
  }

  @Override
  public Optional<Target> target() {
    return target;
  }

  @Override
  public List<String> sides() {
    return List.of(FIRST, LATER);
  }

  @Override
  public Sample measure(String side) throws IOException, InterruptedException {
    if (!known.containsKey(side)) {
      known.clear();
      measure();
    }
    Sample sample = known.remove(side);
    if (sample == null) {
      throw new IllegalArgumentException(side);
    }
    return sample;
  }

  private void measure() throws IOException, InterruptedException {
    Path directory = bench.fresh("first");
    int windows = (SETTLING_SECONDS + seconds) * TENTHS * WINDOWS;
    try (Burst _ = Burst.begin(bench);
        Ruler ruler = Ruler.start(bench);
        Child frontend =
            Child.start(
                "bare front end",
                Child.FRONTEND_CPU,
                directory,
                bench.program(BareFrontEnd.class, device))) {
      MatchResult ignored = frontend.output().await(READY, PATIENCE);
      try (Running running = backend.start(setup, directory)) {
        boolean nearFirst = isNear(ruler);
        frontend.tell("%d %s".formatted(windows, running.socket()));
        Duration patience = PATIENCE.plusSeconds(SETTLING_SECONDS + seconds);
        long[] counts = numbers(frontend.output().await(COUNTS, patience).group(1));
        Map<String, String> notes = Map.of("first-windows", firstOf(counts));
        known.put(FIRST, sample(first(counts), nearFirst, notes));
        known.put(LATER, sample(later(counts), isNear(ruler), Map.of()));
      }
    }
  }

  private static boolean isNear(Ruler ruler) throws IOException, InterruptedException {
    return ruler.nanos() < Ruler.NEAR;
  }

  private static long[] numbers(String words) {
    return Arrays.stream(words.split(" ")).mapToLong(Long::parseLong).toArray();
  }

  /** What a second would bring, if it were as its first tenth. */
  static double first(long[] counts) {
    return tenth(counts, 0);
  }

  /** What a second brings after {@link #SETTLING_SECONDS}, by the median of its tenths. */
  static double later(long[] counts) {
    return Statistics.median(
        IntStream.range(SETTLING_SECONDS * TENTHS, counts.length / WINDOWS)
            .mapToObj(tenth -> tenth(counts, tenth))
            .toList());
  }

  private static double tenth(long[] counts, int number) {
    return TENTHS * (double) sum(counts, number * WINDOWS, (number + 1) * WINDOWS);
  }

  private static long sum(long[] counts, int from, int to) {
    return Arrays.stream(counts, from, to).sum();
  }

  /** The first windows one by one, for those who want to see it begin. */
  private static String firstOf(long[] counts) {
    return Arrays.stream(counts)
        .limit(SHOWN)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(" "));
  }

  private static Sample sample(double perSecond, boolean near, Map<String, String> notes) {
    return new Sample(perSecond, Double.NaN, Double.NaN, null, null, near, notes);
  }
}
