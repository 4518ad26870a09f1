package org.kvmzone.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.kvmzone.bridge.control.Json;

/** What a VNIC or a flow has passed since it was made, in the fields of {@code show-usage}. */
final class Usage {
  private static final List<String> COUNTS =
      List.of("duration", "ipackets", "rbytes", "opackets", "obytes", "bandwidth");

  private Usage() {}

  /** The fields' names; the first is what is counted. */
  static List<String> fields(String first) {
    return Stream.concat(Stream.of(first), COUNTS.stream()).toList();
  }

  /**
   * A row.
   *
   * @param first what the first field is called
   * @param name its value
   * @param suffix behind the names of counters: of a VNIC {@code 64}
   */
  static Map<String, String> row(String first, String name, Json.Obj counted, String suffix) {
    long in = Links.number(counted, "rbytes" + suffix);
    long out = Links.number(counted, "obytes" + suffix);
    double seconds =
        (double) (Links.number(counted, "snaptime") - Links.number(counted, "crtime"))
            / TimeUnit.SECONDS.toNanos(1);
    double megabits = seconds > 0 ? (in + out) * 8 / seconds / 1e6 : 0;
    return Columns.row(
        fields(first),
        List.of(
            name,
            "" + Math.round(seconds),
            "" + Links.number(counted, "ipackets" + suffix),
            "" + in,
            "" + Links.number(counted, "opackets" + suffix),
            "" + out,
            String.format(Locale.ROOT, "%.3f Mbps", megabits)));
  }
}
