package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bench.peers.NetSetup.Direction;

/**
 * The first tenth of a second of traffic, beside the traffic of the same program a second later:
 * what a compiler that works on demand costs whoever comes first.
 */
final class StartCase implements Case {
  private static final String FIRST = "first-100-ms";
  private static final String LATER = "later";
  private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LOOK_MILLIS = 10;

  private final NetSetup setup;
  private final Backend<NetSetup> backend;
  private final Workbench bench;
  private final int seconds;

  /** What was measured together with what was asked for last, until it is asked for, too. */
  private Optional<Map.Entry<String, Sample>> other = Optional.empty();

  StartCase(NetSetup setup, Backend<NetSetup> backend, Workbench bench, int seconds) {
    this.setup = setup;
    this.backend = backend;
    this.bench = bench;
    this.seconds = seconds;
  }

  @Override
  public String name() {
    return "start/" + backend.name() + "/" + setup.direction().word();
  }

  @Override
  public String unit() {
    return "frames";
  }

  @Override
  public Optional<Target> target() {
    return backend.name().equals("kvmzone") ? Optional.of(new Target(0.8, 1.0)) : Optional.empty();
  }

  @Override
  public List<String> sides() {
    return List.of(FIRST, LATER);
  }

  /** How many frames there were, and when, in nanoseconds. */
  record Look(long nanos, long frames) {}

  @Override
  public Sample measure(String side) throws IOException, InterruptedException {
    if (other.isPresent() && other.get().getKey().equals(side)) {
      Sample known = other.get().getValue();
      other = Optional.empty();
      return known;
    }
    List<Look> looks = look();
    long begun = looks.getFirst().nanos();
    long settled = begun + TimeUnit.SECONDS.toNanos(1);
    Map<String, Sample> both =
        Map.of(
            FIRST, sample(rate(looks, begun, begun + FIRST_NANOS)),
            LATER, sample(rate(looks, settled, looks.getLast().nanos())));
    other = both.entrySet().stream().filter(each -> !each.getKey().equals(side)).findFirst();
    return both.getOrDefault(side, sample(Double.NaN));
  }

  private List<Look> look() throws IOException, InterruptedException {
    try (Burst _ = Burst.begin(bench);
        Running running = backend.start(setup, bench.fresh(backend.name()));
        Testpmd frontend = Testpmd.frontend(bench, running.socket(), setup)) {
      // Before the first frame there were none.
      List<Look> looks = new ArrayList<>(List.of(new Look(System.nanoTime(), 0)));
      if (setup.direction() == Direction.ECHO) {
        frontend.forwardFirstSending();
      } else {
        frontend.forward();
      }
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1 + seconds);
      while (System.nanoTime() < end) {
        Testpmd.Statistics seen = frontend.statistics();
        looks.add(
            new Look(
                System.nanoTime(),
                setup.direction() == Direction.SINK ? seen.sent() : seen.received()));
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
      return looks;
    }
  }

  /** Frames for each second between two moments, between looks as if they came evenly. */
  static double rate(List<Look> looks, long from, long to) {
    return (frames(looks, to) - frames(looks, from)) * TimeUnit.SECONDS.toNanos(1) / (to - from);
  }

  private static double frames(List<Look> looks, long moment) {
    for (int i = 1; i < looks.size(); i++) {
      Look before = looks.get(i - 1);
      Look after = looks.get(i);
      if (moment <= after.nanos()) {
        double share = (double) (moment - before.nanos()) / (after.nanos() - before.nanos());
        return before.frames() + share * (after.frames() - before.frames());
      }
    }
    return looks.getLast().frames();
  }

  private static Sample sample(double perSecond) {
    return new Sample(perSecond, Double.NaN, Double.NaN, null, null, Map.of());
  }
}
