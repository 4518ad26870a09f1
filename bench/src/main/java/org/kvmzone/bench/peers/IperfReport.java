package org.kvmzone.bench.peers;

import java.io.IOException;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.JsonException;

/**
 * What {@code iperf3 --server --json} says of a test: by this side's count and clock, which sends
 * or receives.
 *
 * @param bitsPerSecond of payload, after what was to be omitted
 * @param bits of payload from the beginning on
 */
record IperfReport(double bitsPerSecond, double bits) {
  private static final int BITS = 8; // in a byte

  /**
   * Reads one.
   *
   * @param said may begin with other words
   * @throws IOException if the test failed, or nothing came through
   */
  static IperfReport parse(String said) throws IOException {
    Json.Obj report = read(said);
    if (report.members().get("error") instanceof Json.Text(String error)) {
      throw new IOException("iperf3 failed: " + error);
    }
    Json.Obj end = object(report, "end");
    // What the other side counts is not in it, but for a rate of 0.
    double rate = Math.max(rate(end, "sum_sent"), rate(end, "sum_received"));
    if (rate <= 0) {
      throw new IOException("iperf3 moved nothing");
    }
    return new IperfReport(rate, bits(report));
  }

  private static double bits(Json.Obj report) throws IOException {
    if (!(report.members().get("intervals") instanceof Json.Arr intervals)) {
      throw lacks("intervals");
    }
    double bytes = 0;
    for (Json interval : intervals.values()) {
      if (!(interval instanceof Json.Obj object)) {
        throw lacks("sum");
      }
      bytes += number(object(object, "sum"), "bytes");
    }
    return bytes * BITS;
  }

  private static Json.Obj read(String said) throws IOException {
    int start = said.indexOf('{');
    try {
      if (start >= 0 && Json.parse(said.substring(start)) instanceof Json.Obj report) {
        return report;
      }
    } catch (JsonException e) {
      throw new IOException("iperf3's report cannot be read: " + e.getMessage(), e);
    }
    throw new IOException("iperf3 made no report");
  }

  private static double rate(Json.Obj end, String sum) throws IOException {
    return number(object(end, sum), "bits_per_second");
  }

  private static Json.Obj object(Json.Obj parent, String name) throws IOException {
    if (parent.members().get(name) instanceof Json.Obj object) {
      return object;
    }
    throw lacks(name);
  }

  private static double number(Json.Obj parent, String name) throws IOException {
    return switch (parent.members().get(name)) {
      case Json.Whole(long value) -> value;
      case Json.Decimal(double value) -> value;
      case null, default -> throw lacks(name);
    };
  }

  private static IOException lacks(String name) {
    return new IOException("iperf3's report came without " + name);
  }
}
