package org.kvmzone.bench.peers;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What guests reached, in Markdown: a row for each case.
 *
 * <p>CPU time is in seconds for each Gbit: of QEMU, in which the guest is and perhaps the NIC, and
 * behind it that of the process that serves the NIC, if there is one.
 */
final class GuestTable {
  private static final double MEGA = 1e6;

  private static final String HEAD =
      """
      | case | peer Mbit/s | ours | ours/peer | rounds | target | CPU s/Gbit: peer | ours: QEMU + kvmzone | remarks |
      |---|---:|---:|---:|---:|---:|---:|---:|---|
      """;

  private GuestTable() {}

  /** Whether a report is of guests alone. */
  static boolean isOf(Report report) {
    return !report.cases().isEmpty()
        && report.cases().stream().allMatch(each -> each.name().startsWith(GuestCase.KIND));
  }

  /** Of such a report. */
  static String markdown(Report report) {
    return report.cases().stream().map(GuestTable::row).collect(Collectors.joining("", HEAD, ""));
  }

  private static String row(CaseResult result) {
    CaseResult.Summary summary = result.summary();
    CaseResult.@Nullable Side peer = result.peer().map(summary.sides()::get).orElse(null);
    CaseResult.@Nullable Side ours = summary.sides().get(result.ours());
    CaseResult.@Nullable Ratio ratio = summary.ratio();
    return List.of(
            result.name(),
            megabits(peer),
            megabits(ours),
            ratio == null ? "" : Figures.ratio(ratio.ratio()),
            ReportTable.rounds(ratio),
            ReportTable.target(result.target()),
            cpu(peer),
            cpu(ours),
            remarks(result, summary))
        .stream()
        .collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  /** Of a side that has agreed on something else, on what. */
  private static String remarks(CaseResult result, CaseResult.Summary summary) {
    Stream<String> agreed =
        result.sides().stream()
            .flatMap(side ->
                result.rounds().stream()
                    .map(round -> round.samples().get(side))
                    .filter(Objects::nonNull)
                    .map(sample -> sample.notes().get(GuestCase.AGREED))
                    .filter(Objects::nonNull)
                    .limit(1)
                    .map(bits -> side + " with " + bits));
    return Stream.concat(Stream.of(ReportTable.remarks(result, summary)), agreed)
        .filter(each -> !each.isEmpty())
        .collect(Collectors.joining("; "));
  }

  private static String megabits(CaseResult.@Nullable Side side) {
    return side == null ? "" : "%.0f".formatted(side.perSecond() / MEGA);
  }

  /** A nanosecond for a bit is a second for a Gbit. */
  private static String cpu(CaseResult.@Nullable Side side) {
    if (side == null) {
      return "";
    }
    String beside = Figures.nanos(side.backendNs());
    return Figures.nanos(side.frontendNs()) + (beside.isEmpty() ? "" : " + " + beside);
  }
}
