package org.kvmzone.bridge.probe;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** One key of an aggregation, and what was found for it. */
public final class Row {
  /** A part of a key. */
  public sealed interface Part permits Text, Int64 {}

  /** What the function made of the firings. */
  public sealed interface Result permits Int64, Average, Buckets {}

  /** A string argument. */
  public record Text(String text) implements Part {}

  /** A numeric argument, or the result of {@code count sum min max}. */
  public record Int64(long value) implements Part, Result {}

  /**
   * The result of {@code avg}.
   *
   * @param value the sum by the count, cut to a whole number
   */
  public record Average(long value, long count, long sum) implements Result {}

  /** The result of {@code quantize} and {@code lquantize}: ascending, without empty buckets. */
  public record Buckets(List<Bucket> buckets) implements Result {}

  /** How many values were between {@code low} and {@code high}, both included. */
  public record Bucket(long low, long high, long count) {}

  /**
   * The order in which DTrace prints: by value, ascending (distributions by the sum of what their
   * buckets stand for, then by the count of zeros), and equal ones by key, part by part. Keys are
   * compared as DTrace does it: strings by their bytes, numbers as unsigned.
   */
  static final Comparator<Row> BY_VALUE =
      Comparator.comparing((Row row) -> row.function.weight(row.cells))
          .thenComparingLong(row -> row.function.zeros(row.cells))
          .thenComparing(Row::compareKeys);

  private final List<Part> key;
  private final Function function;
  private final long[] cells;

  Row(List<Part> key, Function function, long[] cells) {
    this.key = key;
    this.function = function;
    this.cells = cells;
  }

  /** The key, in the order of {@link Watch#keys()}. */
  public List<Part> key() {
    return key;
  }

  /** What was found. */
  public Result result() {
    return switch (function) {
      case Scalar.AVG -> new Average(Scalar.AVG.value(cells), cells[0], cells[1]);
      case Scalar scalar -> new Int64(scalar.value(cells));
      case Distribution distribution -> buckets(distribution);
    };
  }

  private Buckets buckets(Distribution distribution) {
    List<Bucket> buckets = new ArrayList<>();
    for (int i = 0; i < cells.length; i++) {
      if (cells[i] != 0) {
        buckets.add(new Bucket(distribution.low(i), distribution.high(i), cells[i]));
      }
    }
    return new Buckets(List.copyOf(buckets));
  }

  Function function() {
    return function;
  }

  long cell(int index) {
    return cells[index];
  }

  private static int compareKeys(Row left, Row right) {
    for (int i = 0; i < left.key.size(); i++) {
      int order = compare(left.key.get(i), right.key.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static int compare(Part left, Part right) {
    return switch (left) {
      case Text(String text) -> Arrays.compareUnsigned(bytes(text), bytes(((Text) right).text));
      case Int64(long value) -> Long.compareUnsigned(value, ((Int64) right).value);
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
