package org.kvmzone.bench.peers;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The engines of our disks beside each other, in Markdown: a row for each case of theirs. */
final class EngineTable {
  private static final Pattern CASE =
      Pattern.compile("blk/(\\w+)/(\\w+)/qd(\\d+)/\\w+" + BlkCases.OF_ENGINES);

  /** Sides; a device has one more, and is else served past its page cache. */
  private static final List<String> COLUMNS =
      List.of("inline", "io_uring", "workers", "inline, cached");

  private EngineTable() {}

  /** Of those cases of a report that are about engines. */
  static String markdown(Report report) {
    String head =
        "| target, work, depth | %s |\n|---|---:|---:|---:|---:|\n"
            .formatted(String.join(" | ", COLUMNS));
    return report.cases().stream()
        .flatMap(each -> row(each).stream())
        .collect(Collectors.joining("", head, ""));
  }

  private static Optional<String> row(CaseResult result) {
    Matcher name = CASE.matcher(result.name());
    if (!name.matches()) {
      return Optional.empty();
    }
    List<Double> rates =
        COLUMNS.stream().map(column -> rate(result, column)).map(each -> each.orElse(0.0)).toList();
    double best = Statistics.greatest(rates);
    String cells =
        IntStream.range(0, rates.size())
            .mapToObj(i -> cell(rates.get(i), best, result))
            .collect(Collectors.joining(" | "));
    return Optional.of(
        String.format(
            Locale.ROOT,
            "| %s, %s, %s | %s |%n",
            name.group(1),
            name.group(2),
            name.group(3),
            cells));
  }

  private static Optional<Double> rate(CaseResult result, String column) {
    Stream<String> names =
        column.equals("inline, cached")
            ? Stream.of("kvmzone-inline-cached")
            : Stream.of("kvmzone-" + column + "-direct", "kvmzone-" + column + "-cached");
    boolean device = result.sides().contains("kvmzone-inline-direct");
    return names
        // Of a file there is one way through the cache, and that is no column of its own.
        .filter(side -> device || !column.equals("inline, cached"))
        .map(side -> result.summary().sides().get(side))
        .filter(side -> side != null)
        .map(CaseResult.Side::perSecond)
        .findFirst();
  }

  private static String cell(double rate, double best, CaseResult result) {
    if (rate == 0) {
      return result.failure() != null ? "failed" : result.skipped() != null ? "skipped" : "–";
    }
    String count = Figures.count(rate);
    return rate == best ? "**" + count + "**" : count;
  }
}
