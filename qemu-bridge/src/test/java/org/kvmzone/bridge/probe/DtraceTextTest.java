package org.kvmzone.bridge.probe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Golden outputs, worked out by hand from libdtrace's formats; trailing blanks count. */
class DtraceTextTest {
  private static final Probe DONE =
      Probe.define(
          "dtracetext",
          "done",
          Arg.string("disk"),
          Arg.string("op"),
          Arg.nanoseconds("latency"),
          Arg.count("weight"),
          Arg.id("queue"));

  private static Aggregation watch(String rest) {
    return Watch.parse("dtracetext:done " + rest).start();
  }

  private static String stop(Aggregation aggregation) {
    aggregation.close();
    return aggregation.snapshot().text();
  }

  @Test
  void nothingSeen_printsNothing() {
    assertThat(stop(watch("@ = count()"))).isEmpty();
  }

  @Test
  void count_withoutKeyIsOneNumberInSixteen() {
    Aggregation count = watch("@ = count()");
    DONE.fire("disk0", "read", 1, 1, 0);
    DONE.fire("disk1", "read", 1, 1, 0);
    assertThat(stop(count)).isEqualTo("                2\n");
  }

  @Test
  void count_byTwoStringsIsSortedByValueThenKey() {
    Aggregation count = watch("@ops[disk, op] = count()");
    for (int i = 0; i < 12; i++) {
      DONE.fire("disk0", "read", 1, 1, 0);
    }
    DONE.fire("disk1", "write", 1, 1, 0);
    DONE.fire("disk0", "write", 1, 1, 0);
    DONE.fire("disk0", "flush", 1, 1, 0);
    assertThat(stop(count))
        .isEqualTo(
            """
              disk0                                               flush                                                             1
              disk0                                               write                                                             1
              disk1                                               write                                                             1
              disk0                                               read                                                             12
            """);
  }

  @Test
  void sum_byNumberIsSortedByValueWithSign_andKeysAsUnsigned() {
    Aggregation sum = watch("@[queue] = sum(latency)");
    DONE.fire("d", "r", 5, 1, -1);
    DONE.fire("d", "r", 5, 1, 7);
    DONE.fire("d", "r", -3, 1, 1000);
    assertThat(stop(sum))
        .isEqualTo(
            """
                         1000               -3
                            7                5
                           -1                5
            """);
  }

  @Test
  void avg_isCutTowardsZero_minAndMaxAreSigned() {
    Aggregation avg = watch("@[op] = avg(latency)");
    Aggregation min = watch("@[op] = min(latency)");
    Aggregation max = watch("@[op] = max(latency)");
    DONE.fire("d", "a", -7, 1, 0);
    DONE.fire("d", "a", 0, 1, 0);
    DONE.fire("d", "b", 10, 1, 0);
    DONE.fire("d", "b", 13, 1, 0);
    assertThat(stop(avg))
        .isEqualTo(
            """
              a                                                                -3
              b                                                                11
            """);
    assertThat(stop(min))
        .isEqualTo(
            """
              a                                                                -7
              b                                                                10
            """);
    assertThat(stop(max))
        .isEqualTo(
            """
              a                                                                 0
              b                                                                13
            """);
  }

  @Test
  void quantize_showsOneRowMoreOnEitherSide() {
    Aggregation quantize = watch("@[disk] = quantize(latency)");
    for (long latency : new long[] {1, 1, 1, 5}) {
      DONE.fire("disk0", "read", latency, 1, 0);
    }
    assertThat(stop(quantize))
        .isEqualTo(
            """
              disk0                                            \s
                       value  ------------- Distribution ------------- count   \s
                           0 |                                         0       \s
                           1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@           3       \s
                           2 |                                         0       \s
                           4 |@@@@@@@@@@                               1       \s
                           8 |                                         0       \s

            """);
  }

  @Test
  void quantize_namesNegativeBucketsByTheValueNextToZero() {
    Aggregation quantize = watch("@ = quantize(latency)");
    for (long latency : new long[] {-5, -4, -1, 0}) {
      DONE.fire("disk0", "read", latency, 1, 0);
    }
    assertThat(stop(quantize))
        .isEqualTo(
            """

                       value  ------------- Distribution ------------- count   \s
                          -8 |                                         0       \s
                          -4 |@@@@@@@@@@@@@@@@@@@@                     2       \s
                          -2 |                                         0       \s
                          -1 |@@@@@@@@@@                               1       \s
                           0 |@@@@@@@@@@                               1       \s
                           1 |                                         0       \s

            """);
  }

  @Test
  void quantize_roundsBarsHalfUp() {
    // 40/16 = 2.5 marks for one of sixteen, 37.5 for fifteen: both are rounded up.
    Aggregation quantize = watch("@ = quantize(latency, weight)");
    DONE.fire("disk0", "read", 2, 15, 0);
    DONE.fire("disk0", "read", 4, 1, 0);
    assertThat(stop(quantize))
        .isEqualTo(
            """

                       value  ------------- Distribution ------------- count   \s
                           1 |                                         0       \s
                           2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@   15      \s
                           4 |@@@                                      1       \s
                           8 |                                         0       \s

            """);
  }

  @Test
  void negativeCounts_mirrorTheBar() {
    Aggregation quantize = watch("@ = quantize(latency, weight)");
    DONE.fire("disk0", "read", 1, -3, 0);
    DONE.fire("disk0", "read", 2, -1, 0);
    assertThat(stop(quantize))
        .isEqualTo(
            """

                       value  ------------- Distribution ------------- count   \s
                           0                                         | 0       \s
                           1           @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@| -3      \s
                           2                               @@@@@@@@@@| -1      \s
                           4                                         | 0       \s

            """);
  }

  @Test
  void mixedCounts_shareTheWidthAroundALine() {
    Aggregation quantize = watch("@ = quantize(latency, weight)");
    DONE.fire("disk0", "read", 1, -3, 0);
    DONE.fire("disk0", "read", 2, 1, 0);
    assertThat(stop(quantize))
        .isEqualTo(
            """

                       value  ------------- Distribution ------------- count   \s
                           0                     |                     0       \s
                           1      @@@@@@@@@@@@@@@|                     -3      \s
                           2                     |@@@@@                1       \s
                           4                     |                     0       \s

            """);
  }

  @Test
  void quantize_thatCancelsOutShowsTheRowsAroundZero() {
    Aggregation quantize = watch("@ = quantize(latency, weight)");
    DONE.fire("disk0", "read", 1 << 20, -3, 0);
    DONE.fire("disk0", "read", 1 << 20, 3, 0);
    assertThat(stop(quantize))
        .isEqualTo(
            """

                       value  ------------- Distribution ------------- count   \s
                          -1 |                                         0       \s
                           0 |                                         0       \s
                           1 |                                         0       \s

            """);
  }

  @Test
  void quantize_endsAtTheTable() {
    Aggregation quantize = watch("@[disk] = quantize(latency)");
    DONE.fire("hi", "read", Long.MAX_VALUE, 1, 0);
    DONE.fire("lo", "read", Long.MIN_VALUE, 1, 0);
    assertThat(stop(quantize))
        .isEqualTo(
            """
              lo                                               \s
                       value  ------------- Distribution ------------- count   \s
            -4611686018427387904 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 1       \s
            -2305843009213693952 |                                         0       \s

              hi                                               \s
                       value  ------------- Distribution ------------- count   \s
            2305843009213693952 |                                         0       \s
            4611686018427387904 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 1       \s

            """);
  }

  @Test
  void lquantize_namesWhatIsOutsideItsLimits() {
    Aggregation lquantize = watch("@[op] = lquantize(latency, 10, 35, 10)");
    for (long latency : new long[] {9, 10, 19, 20, 30, 31, 34, 1000}) {
      DONE.fire("disk0", "read", latency, 1, 0);
    }
    assertThat(stop(lquantize))
        .isEqualTo(
            """
              read                                             \s
                       value  ------------- Distribution ------------- count   \s
                        < 10 |@@@@@                                    1       \s
                          10 |@@@@@@@@@@                               2       \s
                          20 |@@@@@                                    1       \s
                       >= 30 |@@@@@@@@@@@@@@@@@@@@                     4       \s

            """);
  }

  @Test
  void lquantize_showsOneRowMoreOnEitherSide() {
    Aggregation lquantize = watch("@ = lquantize(latency, 0, 1000000, 10000)");
    DONE.fire("disk0", "read", 25_000, 1, 0);
    DONE.fire("disk0", "read", 49_999, 1, 0);
    assertThat(stop(lquantize))
        .isEqualTo(
            """

                       value  ------------- Distribution ------------- count   \s
                       10000 |                                         0       \s
                       20000 |@@@@@@@@@@@@@@@@@@@@                     1       \s
                       30000 |                                         0       \s
                       40000 |@@@@@@@@@@@@@@@@@@@@                     1       \s
                       50000 |                                         0       \s

            """);
  }

  @Test
  void lquantize_thatCancelsOutShowsItsFirstThreeRows() {
    Aggregation lquantize = watch("@ = lquantize(latency, -1, 4, 1, weight)");
    DONE.fire("disk0", "read", 3, 2, 0);
    DONE.fire("disk0", "read", 3, -2, 0);
    assertThat(stop(lquantize))
        .isEqualTo(
            """

                       value  ------------- Distribution ------------- count   \s
                        < -1 |                                         0       \s
                          -1 |                                         0       \s
                           0 |                                         0       \s

            """);
  }

  @Test
  void distributions_areSortedByWhatTheyStandFor_thenByZeros_thenByKey() {
    Aggregation quantize = watch("@[disk] = quantize(latency)");
    DONE.fire("one big", "r", 1000, 1, 0);
    for (int i = 0; i < 3; i++) {
      DONE.fire("three small", "r", 1, 1, 0);
    }
    DONE.fire("zero twice", "r", 0, 1, 0);
    DONE.fire("zero twice", "r", 0, 1, 0);
    DONE.fire("zero b", "r", 0, 1, 0);
    DONE.fire("zero a", "r", 0, 1, 0);
    quantize.close();
    assertThat(quantize.snapshot().rows())
        .extracting(row -> ((Row.Text) row.key().getFirst()).text())
        .containsExactly("zero a", "zero b", "zero twice", "three small", "one big");
  }

  @Test
  void strings_cannotForgeLines() {
    Aggregation count = watch("@[disk] = count()");
    DONE.fire("a\nb\u001b[2J", "r", 0, 1, 0);
    DONE.fire("", "r", 0, 1, 0);
    DONE.fire("", "r", 0, 1, 0);
    assertThat(stop(count))
        .isEqualTo("  %-50s %16d\n  %-50s %16d\n".formatted("a.b.[2J", 1, "", 2));
  }
}
