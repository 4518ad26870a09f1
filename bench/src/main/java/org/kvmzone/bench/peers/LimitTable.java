package org.kvmzone.bench.peers;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What was asked of limits, and what was reached.
 *
 * @param rows in the order in which they were measured
 */
record LimitTable(List<Row> rows) {
  /** More or less than was asked for, by so much of it at most. */
  static final double ALLOWED = 0.03;

  /**
   * One limit.
   *
   * @param reached in each round, in units of what was asked
   */
  record Row(Limit limit, List<Double> reached) {
    /** Of the median, as a part of what was asked: 0.01 is one percent above it. */
    double off() {
      return Statistics.median(reached) / limit.asked() - 1;
    }
  }

  /** Whether the medians are as near as they should be. */
  boolean kept() {
    return rows.stream().allMatch(row -> Math.abs(row.off()) <= ALLOWED);
  }

  /** In Markdown. */
  String markdown() {
    return rows.stream()
        .map(LimitTable::line)
        .collect(
            Collectors.joining(
                "", "| asked | of | reached | off by | rounds |\n|---|---|---:|---:|---:|\n", ""));
  }

  private static String line(Row row) {
    Limit limit = row.limit();
    return String.format(
        Locale.ROOT,
        "| `%s=%d` | %s | %s | %+.1f %% | %s–%s |%n",
        limit.property(),
        limit.asked(),
        limit.disks() == 1 ? "one disk" : "a group of " + limit.disks(),
        figure(limit, Statistics.median(row.reached())) + (limit.ofBytes() ? " MB/s" : ""),
        row.off() * 100,
        figure(limit, Statistics.least(row.reached())),
        figure(limit, Statistics.greatest(row.reached())));
  }

  private static String figure(Limit limit, double value) {
    return limit.ofBytes()
        ? String.format(Locale.ROOT, "%.2f", value / 1e6)
        : String.format(Locale.ROOT, "%.0f", value);
  }
}
