package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures cases: in each round every side, in the order of the round before turned around.
 *
 * <p>Other programs, and neighbours of a virtual machine, can halve what any program reaches. So a
 * round counts only if programs that never sleep had their CPUs almost to themselves, the CPUs were
 * near each other for all sides or far for all, and the peer reached a good part of what it usually
 * does so; else it is repeated, and if that does not help, marked.
 */
final class Rounds {
  /** Of its usual value the peer has to reach so much. */
  static final double OF_USUAL = 0.6;

  /** Who never sleeps has to have so much of its CPU. */
  static final double OF_CPU = 0.9;

  private static final int ATTEMPTS = 3;

  private final int rounds;
  private final Usual usual;
  private final Consumer<String> progress;

  /**
   * A runner.
   *
   * @param usual what peers reached earlier on this machine
   * @param progress told of every round, in a line
   */
  Rounds(int rounds, Usual usual, Consumer<String> progress) {
    this.rounds = rounds;
    this.usual = usual;
    this.progress = progress;
  }

  /** Measures a case; what cannot be measured is said in the result. */
  CaseResult measure(Case measured) throws InterruptedException {
    List<Round> done = new ArrayList<>();
    try {
      for (int i = 0; i < rounds; i++) {
        done.add(round(measured, i));
      }
    } catch (Unavailable reason) {
      progress.accept(measured.name() + ": skipped: " + reason.getMessage());
      return result(measured, done, reason.getMessage(), null);
    } catch (IOException failure) {
      progress.accept(measured.name() + ": failed: " + failure.getMessage());
      return result(measured, done, null, "" + failure.getMessage());
    }
    usual.remember();
    return result(measured, done, null, null);
  }

  private static CaseResult result(
      Case measured, List<Round> done, @Nullable String skipped, @Nullable String failure) {
    return new CaseResult(
        measured.name(),
        measured.unit(),
        measured.target().orElse(null),
        measured.sides(),
        List.copyOf(done),
        skipped,
        failure);
  }

  private Round round(Case measured, int number) throws IOException, InterruptedException {
    List<String> order = number % 2 == 0 ? measured.sides() : measured.sides().reversed();
    for (int attempt = 1; ; attempt++) {
      Map<String, Sample> samples = new LinkedHashMap<>();
      for (String side : order) {
        measure(measured, side, samples);
      }
      boolean disturbed =
          samples.values().stream().map(Sample::near).distinct().count() > 1
              || samples.values().stream().anyMatch(Rounds::starved)
              || heldUp(measured, samples);
      progress.accept(line(measured, number, samples, disturbed));
      if (!disturbed || attempt == ATTEMPTS) {
        return new Round(samples, disturbed);
      }
    }
  }

  /** Ours and the peer have to be there; others need not. */
  private void measure(Case measured, String side, Map<String, Sample> samples)
      throws IOException, InterruptedException {
    try {
      samples.put(side, measured.measure(side));
    } catch (Unavailable reason) {
      if (measured.sides().indexOf(side) < 2) {
        throw reason;
      }
    }
  }

  private boolean heldUp(Case measured, Map<String, Sample> samples) {
    if (measured.sides().size() < 2) {
      return false;
    }
    String peer = measured.sides().get(1);
    Sample reached = Objects.requireNonNull(samples.get(peer));
    return !usual.accepts(measured.name(), peer, reached, OF_USUAL);
  }

  private static boolean starved(Sample sample) {
    Double share = sample.share();
    return share != null && share < OF_CPU;
  }

  private String line(Case measured, int number, Map<String, Sample> samples, boolean disturbed) {
    StringBuilder line =
        new StringBuilder("%s %d/%d:".formatted(measured.name(), number + 1, rounds));
    samples.forEach((side, sample) -> {
      line.append(" ").append(side).append(" ").append(Figures.count(sample.perSecond()));
      line.append("/s");
      if (!Double.isNaN(sample.backendNs())) {
        line.append(" (").append(Figures.nanos(sample.backendNs())).append(" ns)");
      }
      if (!sample.near()) {
        line.append(" far");
      }
    });
    return line.append(disturbed ? " disturbed" : "").toString();
  }
}
