package org.kvmzone.bench.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A report as a picture, in SVG: for each case a bar from 1, where ours and the peer are equal, to
 * the ratio of the two. The axis is logarithmic, so that twice and half are equally far.
 */
final class Chart {
  private static final int ROW = 18;
  private static final int HEAD = 64;
  private static final int FOOT = 46;
  private static final int LEFT = 250;
  private static final int PLOT = 560;
  private static final int RIGHT = 60;
  private static final int WIDTH = LEFT + PLOT + RIGHT;
  private static final int BAR = 10;
  private static final double HALF = 0.5;

  private static final String STYLE =
      """
      <style>
        text { font: 12px system-ui, sans-serif; fill: #24292f }
        .title { font-size: 15px; font-weight: 600 }
        .small { font-size: 11px; fill: #57606a }
        .grid { stroke: #d0d7de; stroke-width: 1 }
        .one { stroke: #24292f; stroke-width: 1.5 }
        .ahead { fill: #2f81f7 } .behind { fill: #d4722c }
        .spread { stroke: #24292f; stroke-width: 1 }
        .least { stroke: #1a7f37; stroke-width: 2.5 }
        .aim { stroke: #1a7f37; stroke-width: 1.5; stroke-dasharray: 2 2 }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3 } .small { fill: #9198a1 } .grid { stroke: #3d444d }
          .one, .spread { stroke: #e6edf3 }
        }
      </style>
      """;

  private final StringBuilder svg = new StringBuilder();
  private final double lowest;
  private final double highest;

  private Chart(double lowest, double highest) {
    this.lowest = lowest;
    this.highest = highest;
  }

  /** Draws the cases of a report that were measured. */
  static String of(Report report) {
    List<CaseResult> drawn =
        report.cases().stream().filter(each -> each.summary().ratio() != null).toList();
    List<Double> all = new ArrayList<>(List.of(HALF, 2.0));
    for (CaseResult each : drawn) {
      CaseResult.Ratio ratio = each.summary().ratio();
      if (ratio != null) {
        all.addAll(List.of(ratio.low(), ratio.high()));
      }
      Target target = each.target();
      if (target != null && !target.busy()) {
        all.add(target.aim());
      }
    }
    Chart chart = new Chart(Statistics.least(all) / 1.1, Statistics.greatest(all) * 1.1);
    return chart.draw(report, drawn);
  }

  private String draw(Report report, List<CaseResult> drawn) {
    int height = HEAD + drawn.size() * ROW + FOOT;
    svg.append(
        ("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
                + " role=\"img\" aria-label=\"Throughput of kvmzone divided by the peer's\">\n")
            .formatted(WIDTH, height, WIDTH, height));
    svg.append(STYLE);
    text(12, 22, "title", "start", "Throughput: kvmzone ÷ peer, same front end");
    text(
        12,
        40,
        "small",
        "start",
        "%s, %s. Bars: medians of %d rounds; whiskers: least and greatest round."
            .formatted(
                report.measured(), report.machine().getOrDefault("cpu", ""), report.rounds()));
    int bottom = HEAD + drawn.size() * ROW;
    grid(bottom);
    for (int i = 0; i < drawn.size(); i++) {
      row(drawn.get(i), HEAD + i * ROW);
    }
    line("one", x(1), HEAD - 6, x(1), bottom + 6);
    legend(bottom + 36);
    return svg.append("</svg>\n").toString();
  }

  private void grid(int bottom) {
    for (double tick = 1.0 / 64; tick <= 256; tick *= 2) {
      if (tick >= lowest && tick <= highest) {
        line("grid", x(tick), HEAD - 6, x(tick), bottom + 6);
        text(
            x(tick),
            bottom + 18,
            "small",
            "middle",
            tick < 1 ? "1/" + whole(1 / tick) : whole(tick));
      }
    }
  }

  private void row(CaseResult result, int top) {
    CaseResult.@Nullable Ratio ratio = result.summary().ratio();
    if (ratio == null) {
      return;
    }
    double middle = top + ROW * HALF;
    text(LEFT - 8, middle + 4, "", "end", result.name());
    double value = x(ratio.ratio());
    svg.append(
        "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%d\" rx=\"1.5\"/>\n"
            .formatted(
                ratio.ratio() >= 1 ? "ahead" : "behind",
                n(Math.min(value, x(1))),
                n(middle - BAR * HALF),
                n(Math.abs(value - x(1))),
                BAR));
    line("spread", x(ratio.low()), middle, x(ratio.high()), middle);
    Target target = result.target();
    if (target != null && !target.busy()) {
      mark("least", target.least(), middle);
      mark("aim", target.aim(), middle);
    }
    text(LEFT + PLOT + 8, middle + 4, "small", "start", Figures.ratio(ratio.ratio()));
  }

  private void mark(String kind, double value, double middle) {
    line(kind, x(value), middle - ROW * HALF + 2, x(value), middle + ROW * HALF - 2);
  }

  private void legend(int y) {
    line("least", LEFT, y - 11, LEFT, y + 3);
    text(LEFT + 8, y, "small", "start", "wanted at least");
    line("aim", LEFT + 120, y - 11, LEFT + 120, y + 3);
    text(LEFT + 128, y, "small", "start", "aim");
  }

  private double x(double ratio) {
    double share = (Math.log(ratio) - Math.log(lowest)) / (Math.log(highest) - Math.log(lowest));
    return LEFT + PLOT * share;
  }

  private void line(String kind, double x1, double y1, double x2, double y2) {
    svg.append(
        "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>\n"
            .formatted(kind, n(x1), n(y1), n(x2), n(y2)));
  }

  private void text(double x, double y, String kind, String anchor, String words) {
    svg.append(
        "<text class=\"%s\" x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>\n"
            .formatted(kind, n(x), n(y), anchor, escaped(words)));
  }

  private static String escaped(String words) {
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static String whole(double value) {
    return Long.toString(Math.round(value));
  }

  private static String n(double coordinate) {
    return String.format(Locale.ROOT, "%.1f", coordinate);
  }
}
