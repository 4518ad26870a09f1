package org.kvmzone.bench.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A report for people: a row for each case.
 *
 * <p>Besides the medians of the peer and of ours it has their ratio, with the least and the
 * greatest of any round; what it should be; and the CPU time of the back end for each frame or
 * request. If both can tell, the time in which they were busy stands behind it, in brackets.
 */
final class ReportTable {
  private static final List<String> HEAD =
      List.of(
          "case",
          "peer /s",
          "ours /s",
          "ours/peer",
          "rounds",
          "target",
          "CPU ns: peer",
          "ours",
          "busy: peer/ours",
          "remarks");

  private ReportTable() {}

  /** As plain text, columns below each other. */
  static String text(Report report) {
    List<List<String>> rows = rows(report);
    int[] widths =
        IntStream.range(0, HEAD.size())
            .map(column -> rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0))
            .toArray();
    return rows.stream()
        .map(row -> padded(row, widths).stripTrailing())
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String padded(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = row.get(i);
      String blanks = " ".repeat(widths[i] - cell.length());
      // Names begin on the left, figures end on the right.
      boolean words = i == 0 || i == widths.length - 1;
      line.append(words ? cell + blanks : blanks + cell).append("  ");
    }
    return line.toString();
  }

  /** As a table of Markdown. */
  static String markdown(Report report) {
    List<List<String>> rows = rows(report);
    String rule =
        IntStream.range(0, HEAD.size())
            .mapToObj(i -> i == 0 || i == HEAD.size() - 1 ? "---" : "---:")
            .collect(Collectors.joining("|", "|", "|\n"));
    return line(rows.getFirst())
        + rule
        + rows.stream().skip(1).map(ReportTable::line).collect(Collectors.joining());
  }

  private static String line(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  private static List<List<String>> rows(Report report) {
    List<List<String>> rows = new ArrayList<>(List.of(HEAD));
    report.cases().forEach(each -> rows.add(row(each)));
    return rows;
  }

  private static List<String> row(CaseResult result) {
    CaseResult.Summary summary = result.summary();
    CaseResult.@Nullable Side peer = result.peer().map(summary.sides()::get).orElse(null);
    CaseResult.@Nullable Side ours = summary.sides().get(result.ours());
    CaseResult.@Nullable Ratio ratio = summary.ratio();
    CaseResult.@Nullable Ratio busy = summary.busyRatio();
    return List.of(
        result.name(),
        peer == null ? "" : Figures.count(peer.perSecond()),
        ours == null ? "" : Figures.count(ours.perSecond()),
        ratio == null ? "" : Figures.ratio(ratio.ratio()),
        rounds(ratio),
        target(result.target()),
        cpu(peer),
        cpu(ours),
        busy == null ? "" : Figures.ratio(busy.ratio()),
        remarks(result, summary));
  }

  /** The least and the greatest of any round. */
  static String rounds(CaseResult.@Nullable Ratio ratio) {
    return ratio == null ? "" : Figures.ratio(ratio.low()) + "–" + Figures.ratio(ratio.high());
  }

  /** What has to be reached, and what is hoped for. */
  static String target(@Nullable Target target) {
    if (target == null) {
      return "";
    }
    if (target.alone()) {
      return "alone: " + Figures.count(target.least()) + ", " + Figures.count(target.aim());
    }
    String figures = String.format(Locale.ROOT, "%s, %s", target.least(), target.aim());
    return target.busy() ? "busy: " + figures : figures;
  }

  private static String cpu(CaseResult.@Nullable Side side) {
    if (side == null) {
      return "";
    }
    Double busy = side.busyNs();
    return Figures.nanos(side.backendNs()) + (busy == null ? "" : " (" + Figures.nanos(busy) + ")");
  }

  /** What else there is to say, other sides included. */
  static String remarks(CaseResult result, CaseResult.Summary summary) {
    List<String> remarks = new ArrayList<>();
    if (result.target() != null && result.target().alone()) {
      remarks.add(result.unit());
    }
    if (result.skipped() != null) {
      remarks.add("not measured: " + result.skipped());
    }
    if (result.failure() != null) {
      remarks.add("failed: " + result.failure());
    }
    if (summary.disturbed() > 0) {
      remarks.add(summary.disturbed() + " of " + result.rounds().size() + " rounds disturbed");
    }
    result.sides().stream()
        .skip(2)
        .forEach(side -> {
          CaseResult.Side other = summary.sides().get(side);
          if (other != null) {
            remarks.add(side + " " + Figures.count(other.perSecond()) + "/s");
          }
        });
    return String.join("; ", remarks);
  }
}
