package org.kvmzone.bench.peers;

import java.util.Arrays;
import java.util.List;

/** Sums that are made of measurements. */
final class Statistics {
  private Statistics() {}

  /** The middle one, or the mean of the two in the middle; NaN of none. */
  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int half = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** The least; NaN of none. */
  static double least(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN);
  }

  /** The greatest; NaN of none. */
  static double greatest(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
  }

  /** The medians of the windows of a burst. */
  static double median(double... values) {
    return median(Arrays.stream(values).boxed().toList());
  }
}
