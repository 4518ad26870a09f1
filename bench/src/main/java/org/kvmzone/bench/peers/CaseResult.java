package org.kvmzone.bench.peers;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What was measured of a case.
 *
 * @param sides ours, the peer, and others
 * @param skipped why it could not be measured here, if so
 * @param failure what went wrong, if something did
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(value = "summary", allowGetters = true)
record CaseResult(
    String name,
    String unit,
    @Nullable Target target,
    List<String> sides,
    List<Round> rounds,
    @Nullable String skipped,
    @Nullable String failure) {

  /**
   * The figures of one side: medians of the rounds.
   *
   * @see Sample
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Side(double perSecond, double backendNs, double frontendNs, @Nullable Double busyNs) {}

  /**
   * One side's figure divided by another's, in each round.
   *
   * @param ratio of the medians
   * @param low the least of any round
   * @param high the greatest
   */
  record Ratio(double ratio, double low, double high) {}

  /**
   * What a case comes to.
   *
   * @param ratio ours to the peer's; null if nothing was measured
   * @param busyRatio the peer's busy time for one to ours, above 1 if ours needs less; null if one
   *     of them can't tell
   * @param disturbed rounds in which the peer was held up, even when repeated; they are left out
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Summary(
      Map<String, Side> sides, @Nullable Ratio ratio, @Nullable Ratio busyRatio, int disturbed) {}

  /** The name of our side. */
  String ours() {
    return sides.getFirst();
  }

  /** The name of the side that ours is compared with, if it is. */
  Optional<String> peer() {
    return sides.stream().skip(1).findFirst();
  }

  /** Medians and ratios. Disturbed rounds count only when there are no others. */
  @JsonProperty
  Summary summary() {
    List<Round> counted = counted();
    Map<String, Side> medians = new LinkedHashMap<>();
    for (String side : sides) {
      List<Sample> samples = samples(counted, side);
      if (!samples.isEmpty()) {
        medians.put(side, side(samples));
      }
    }
    return new Summary(
        medians,
        peer().map(peer -> ratio(counted, ours(), peer, Sample::perSecond)).orElse(null),
        peer().map(peer -> ratio(counted, peer, ours(), CaseResult::busy)).orElse(null),
        (int) rounds.stream().filter(Round::disturbed).count());
  }

  private List<Round> counted() {
    List<Round> quiet = rounds.stream().filter(round -> !round.disturbed()).toList();
    return quiet.isEmpty() ? rounds : quiet;
  }

  private static Side side(List<Sample> samples) {
    double busy = median(samples, CaseResult::busy);
    return new Side(
        median(samples, Sample::perSecond),
        median(samples, Sample::backendNs),
        median(samples, Sample::frontendNs),
        Double.isNaN(busy) ? null : busy);
  }

  private static @Nullable Ratio ratio(
      List<Round> rounds, String above, String below, ToDoubleFunction<Sample> figure) {
    List<Double> each =
        rounds.stream()
            .filter(round -> round.samples().keySet().containsAll(List.of(above, below)))
            .map(round -> quotient(round, above, below, figure))
            .filter(ratio -> !ratio.isNaN())
            .toList();
    if (each.isEmpty()) {
      return null;
    }
    return new Ratio(
        median(samples(rounds, above), figure) / median(samples(rounds, below), figure),
        Statistics.least(each),
        Statistics.greatest(each));
  }

  private static double quotient(
      Round round, String above, String below, ToDoubleFunction<Sample> figure) {
    return figure.applyAsDouble(Objects.requireNonNull(round.samples().get(above)))
        / figure.applyAsDouble(Objects.requireNonNull(round.samples().get(below)));
  }

  private static double busy(Sample sample) {
    Double busy = sample.busyNs();
    return busy == null ? Double.NaN : busy;
  }

  private static List<Sample> samples(List<Round> rounds, String side) {
    return rounds.stream()
        .map(round -> round.samples().get(side))
        .filter(Objects::nonNull)
        .toList();
  }

  private static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
    return Statistics.median(
        samples.stream().map(figure::applyAsDouble).filter(value -> !value.isNaN()).toList());
  }
}
