package org.kvmzone.bridge.probe;

import java.math.BigInteger;
import java.util.List;

/**
 * Prints aggregations as libdtrace does it by default (illumos dt_consume.c), to the byte, trailing
 * blanks included. Two things differ, on purpose: a string that is empty or holds control
 * characters is still printed as a string, not as a dump of bytes, and a quantize() of nothing but
 * values of 2^62 and more, which libdtrace takes for empty, is shown.
 */
final class DtraceText {
  /** The width of a distribution's bar. */
  private static final int BAR = 40;

  private static final String HEADER =
      "\n%16s %41s %-9s\n".formatted("value", "------------- Distribution -------------", "count");

  private final StringBuilder out = new StringBuilder();

  private DtraceText() {}

  static String of(List<Row> rows) {
    DtraceText text = new DtraceText();
    rows.forEach(text::row);
    return text.out.toString();
  }

  private void row(Row row) {
    for (Row.Part part : row.key()) {
      switch (part) {
        case Row.Text(String text) -> out.append("  %-50s".formatted(printable(text)));
        case Row.Int64(long value) -> number(value);
      }
    }
    switch (row.function()) {
      case Distribution distribution -> distribution(distribution, row);
      case Scalar scalar -> number(row);
    }
    out.append('\n');
  }

  private void number(Row row) {
    switch (row.result()) {
      case Row.Int64(long value) -> number(value);
      case Row.Average average -> number(average.value());
      case Row.Buckets buckets -> throw new AssertionError(buckets);
    }
  }

  private void number(long number) {
    out.append(" %16d".formatted(number));
  }

  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", ".");
  }

  /** The rows from one before the first that is not 0 to one after the last. */
  private void distribution(Distribution distribution, Row row) {
    int last = distribution.cells() - 1;
    int from = 0;
    while (from <= last && row.cell(from) == 0) {
      from++;
    }
    int to = last;
    if (from > last) {
      from = distribution.emptyFrom();
      to = distribution.emptyTo();
    } else {
      from = Math.max(0, from - 1);
      while (row.cell(to) == 0) {
        to--;
      }
      to = Math.min(last, to + 1);
    }

    Scale scale = Scale.of(row, from, to);
    out.append(HEADER);
    for (int i = from; i <= to; i++) {
      out.append("%16s ".formatted(distribution.label(i)));
      scale.bar(out, row.cell(i));
      out.append(" %-9d\n".formatted(row.cell(i)));
    }
  }

  /** How counts become bars: the whole bar is the sum of the counts without their signs. */
  private record Scale(BigInteger total, boolean positive, boolean negative) {
    static Scale of(Row row, int from, int to) {
      BigInteger total = BigInteger.ZERO;
      boolean positive = false;
      boolean negative = false;
      for (int i = from; i <= to; i++) {
        total = total.add(BigInteger.valueOf(row.cell(i)).abs());
        positive |= row.cell(i) > 0;
        negative |= row.cell(i) < 0;
      }
      return new Scale(total, positive, negative);
    }

    void bar(StringBuilder out, long count) {
      if (!negative) {
        int marks = marks(count, BAR);
        out.append('|').repeat('@', marks).repeat(' ', BAR - marks);
      } else if (!positive) {
        int marks = marks(count, BAR);
        out.repeat(' ', BAR - marks).repeat('@', marks).append('|');
      } else {
        // Both: half the width to either side of a line in the middle.
        int half = BAR / 2;
        int marks = marks(count, half);
        int left = count <= 0 ? marks : 0;
        int right = count <= 0 ? 0 : marks;
        out.repeat(' ', half - left).repeat('@', left).append('|');
        out.repeat('@', right).repeat(' ', half - right);
      }
    }

    /** {@code count / total * width}, rounded half up. */
    private int marks(long count, int width) {
      if (total.signum() == 0) {
        return 0;
      }
      BigInteger twice = total.shiftLeft(1);
      return BigInteger.valueOf(count)
          .abs()
          .multiply(BigInteger.valueOf(2L * width))
          .add(total)
          .divide(twice)
          .intValueExact();
    }
  }
}
