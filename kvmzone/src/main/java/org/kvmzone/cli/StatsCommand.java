package org.kvmzone.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone stats}: what a host's devices have done. */
@Command(
    name = "stats",
    sortOptions = false,
    description = {
      "Print what the devices of a running process have done: counters by kstat's names, drops by",
      "reason, and what is watched since it was started."
    })
final class StatsCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Parameters(paramLabel = "NAME", description = "The guest, or the service: see kvmzone list.")
  private String name = "";

  @Option(names = "--device", paramLabel = "ID", description = "One device only.")
  private Optional<String> device = Optional.empty();

  @Option(
      names = {"-a", "--all"},
      description = "Print counters that are 0, too.")
  private boolean all;

  @Option(names = "--json", description = "Print all of it, in JSON.")
  private boolean json;

  @Option(
      names = "--watch",
      paramLabel = "EXPR",
      description =
          "Aggregate a probe from now on, and print that instead. Repeat for more. As in"
              + " 'zvol:done @latency[disk, op] = quantize(latency)'.")
  private List<String> watches = new ArrayList<>();

  @Option(
      names = "--for",
      paramLabel = "SECONDS",
      description = "For how long to watch (default: until SIGINT or SIGTERM).")
  private Optional<Integer> seconds = Optional.empty();

  @Option(names = "--probes", description = "Print what can be watched instead.")
  private boolean probes;

  private final Context context;

  StatsCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    context.refuseQemuOptions("stats");
    if (seconds.isPresent() && (watches.isEmpty() || seconds.get() < 1)) {
      throw Failure.usage("--for SECONDS: says how long to --watch, and is at least 1");
    }
    try (ControlClient host = Hosts.connect(context.runDirectory(), name, PATIENCE)) {
      if (!watches.isEmpty()) {
        return watch(host);
      }
      if (probes) {
        printProbes(Hosts.ask(host, "probes", Json.object().build()));
        return 0;
      }
      Json.Builder request = Json.object();
      device.ifPresent(id -> request.put("device", id));
      Json.Obj stats = Hosts.ask(host, "stats", request.build());
      if (json) {
        context.out().println(Hosts.pretty(stats));
      } else {
        Hosts.objects(stats, "devices").forEach(this::print);
        Hosts.objects(stats, "watches").forEach(this::printWatch);
      }
      return 0;
    }
  }

  private void print(Json.Obj reported) {
    context
        .out()
        .printf(
            "%s (%s, %s)%n",
            Hosts.text(reported, "id"),
            Hosts.text(reported, "kind"),
            Hosts.flag(reported, "connected") ? "connected" : "no front end");
    Table table = new Table();
    Map<String, Json> properties = Hosts.members(reported, "properties");
    properties.forEach((key, value) -> table.row("  " + key, Hosts.text(value)));
    Map<String, Json> counters = Hosts.members(reported, "counters");
    counters.forEach((key, value) -> {
      if (all || !value.equals(Json.of(0))) {
        table.row("  " + key, Hosts.text(value));
      }
    });
    Hosts.objects(reported, "parts").forEach(part -> addPart(table, part));
    table.lines().forEach(context.out()::println);
    context.out().println();
  }

  private void addPart(Table table, Json.Obj part) {
    table.row("  " + Hosts.text(part, "kind") + " " + Hosts.text(part, "name"));
    Hosts.members(part, "properties")
        .forEach((key, value) -> table.row("    " + key, Hosts.text(value)));
    Hosts.members(part, "counters")
        .forEach((key, value) -> {
          if (all || !value.equals(Json.of(0))) {
            table.row("    " + key, Hosts.text(value));
          }
        });
  }

  private void printProbes(Json.Obj reply) {
    for (Json.Obj probe : Hosts.objects(reply, "probes")) {
      String args =
          Hosts.objects(probe, "args").stream()
              .map(arg -> Hosts.text(arg, "name"))
              .collect(Collectors.joining(", "));
      context.out().println(Hosts.text(probe, "name") + "(" + args + ")");
    }
  }

  private void printWatch(Json.Obj watch) {
    context.out().println(Hosts.text(watch, "expression"));
    printAggregation(watch);
  }

  private void printAggregation(Json.Obj aggregation) {
    context.out().print(Hosts.text(aggregation, "text"));
    String dropped = Hosts.text(aggregation, "dropped");
    if (!dropped.equals("0")) {
      context.say(dropped + " firings were not aggregated: too many keys");
    }
    context.out().flush();
  }

  private Integer watch(ControlClient host) throws IOException, InterruptedException {
    List<Json.Obj> watched = new ArrayList<>();
    for (String expression : watches) {
      watched.add(Hosts.ask(host, "watch", Json.object().put("expression", expression).build()));
    }
    if (seconds.isPresent()) {
      TimeUnit.SECONDS.sleep(seconds.get());
      report(host, watched);
      return 0;
    }
    Ending.by(() -> reportAtEnd(host, watched));
    return Ending.await();
  }

  private void reportAtEnd(ControlClient host, List<Json.Obj> watched) {
    try {
      report(host, watched);
    } catch (IOException | RuntimeException e) {
      int ignored = Failure.of(e).report(context.err(), false);
    }
  }

  private void report(ControlClient host, List<Json.Obj> watched) throws IOException {
    List<Json> all = new ArrayList<>();
    for (Json.Obj watch : watched) {
      Json.Builder request = Json.object().put("text", !json);
      request.put("watch", watch.members().getOrDefault("watch", Json.Nothing.NULL));
      Json.Obj aggregation = Hosts.ask(host, "aggregation", request.build());
      if (json) {
        Json.Builder named = Json.object();
        named.put("expression", Hosts.text(watch, "expression"));
        aggregation.members().forEach(named::put);
        all.add(named.build());
      } else {
        printAggregation(aggregation);
      }
    }
    if (json) {
      context.out().println(Hosts.pretty(new Json.Arr(all)));
    }
    context.out().flush();
  }
}
