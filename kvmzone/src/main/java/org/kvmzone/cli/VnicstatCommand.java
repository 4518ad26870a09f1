package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.cli.Links.Link;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone vnicstat}: what passes, as dlstat and kvmstat print it. */
@Command(
    name = "vnicstat",
    sortOptions = false,
    description = {
      "Print what VNICs have passed; with an interval, what they pass in a second, again and again.",
      "Fields: link, ipkts, rbytes, opkts, obytes, idrops and odrops (frames to and from the guest",
      "that were dropped), blocked (how often the guest's sending had to wait)."
    })
final class VnicstatCommand implements Callable<Integer> {
  private static final List<String> FIELDS =
      List.of("link", "ipkts", "rbytes", "opkts", "obytes", "idrops", "odrops", "blocked");

  private static final List<String> IN_DROPS =
      List.of("norcvbuf", "rxsdrops", "rxnotready", "rxtoolong", "ierrors");
  private static final List<String> OUT_DROPS =
      List.of(
          "oerrors",
          "macspoofed",
          "ipspoofed",
          "dhcpspoofed",
          "restricted",
          "txbadhdr",
          "txrunt",
          "txtoolong");

  @Mixin private Columns columns = new Columns();

  @Option(names = "-p", description = "For programs: fields joined by colons, no field names.")
  private boolean parseable;

  @Option(names = "-f", description = "Below each VNIC its flows, as LINK/FLOW.")
  private boolean withFlows;

  @Option(names = "-l", paramLabel = "LINK", description = "Which VNIC (default: all).")
  private List<String> links = new ArrayList<>();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "INTERVAL",
      description = "Seconds between two reports.")
  private int interval;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "COUNT",
      description = "How many reports (default: until interrupted).")
  private int count;

  private final Context context;

  VnicstatCommand(Context context) {
    this.context = context;
  }

  /**
   * What was counted at some time.
   *
   * @param nanos when
   * @param values of all fields but the first
   */
  private record Sample(long nanos, List<Long> values) {
    /** What a second of the time since another has brought, rounded. */
    List<Long> since(Sample before) {
      List<Long> rates = new ArrayList<>();
      double seconds = Math.max(1, nanos - before.nanos) / (double) TimeUnit.SECONDS.toNanos(1);
      for (int i = 0; i < values.size(); i++) {
        rates.add(Math.round((values.get(i) - before.values.get(i)) / seconds));
      }
      return rates;
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    context.refuseQemuOptions("vnicstat");
    if (interval < 0 || count < 0) {
      throw Failure.usage("INTERVAL and COUNT are whole numbers, 1 and up");
    }
    Map<String, Sample> before = samples();
    if (interval == 0) {
      print(before, Map.of());
      return 0;
    }
    for (int i = 0; count == 0 || i < count; i++) {
      TimeUnit.SECONDS.sleep(interval);
      Map<String, Sample> now = samples();
      print(now, before);
      before = now;
    }
    return 0;
  }

  /** As they stand; what was not there before has begun with nothing, and shows that next time. */
  private void print(Map<String, Sample> now, Map<String, Sample> before) throws IOException {
    List<Map<String, String>> rows = new ArrayList<>();
    now.forEach((name, sample) -> {
      List<Long> values =
          interval == 0 ? sample.values : sample.since(before.getOrDefault(name, sample));
      List<String> cells = new ArrayList<>(List.of(name));
      values.forEach(value -> cells.add("" + value));
      rows.add(Columns.row(FIELDS, cells));
    });
    columns.print(context, FIELDS, FIELDS, parseable, rows);
  }

  private Map<String, Sample> samples() throws IOException {
    Map<String, Sample> samples = new LinkedHashMap<>();
    for (Link link : new Links(context).named(links)) {
      long at = link.counter("snaptime");
      samples.put(link.name(), new Sample(at, values(link)));
      if (withFlows) {
        link.flows()
            .forEach(flow ->
                samples.put(
                    link.name() + "/" + Hosts.text(flow, "name"), new Sample(at, values(flow))));
      }
    }
    return samples;
  }

  private static List<Long> values(Link link) {
    return List.of(
        link.counter("ipackets64"),
        link.counter("rbytes64"),
        link.counter("opackets64"),
        link.counter("obytes64"),
        sum(link, IN_DROPS) + ofFlows(link, "rxsdrops"),
        sum(link, OUT_DROPS) + ofFlows(link, "txsdrops"),
        link.counter("blockcnt"));
  }

  private static long sum(Link link, List<String> counters) {
    return counters.stream().mapToLong(link::counter).sum();
  }

  private static long ofFlows(Link link, String counter) {
    return link.flows().stream().mapToLong(flow -> Links.number(flow, counter)).sum();
  }

  private static List<Long> values(Json.Obj flow) {
    return List.of(
        Links.number(flow, "ipackets"),
        Links.number(flow, "rbytes"),
        Links.number(flow, "opackets"),
        Links.number(flow, "obytes"),
        Links.number(flow, "rxsdrops"),
        Links.number(flow, "txsdrops"),
        0L);
  }
}
