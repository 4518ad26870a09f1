package org.kvmzone.bridge.control;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.kvmzone.bridge.probe.Aggregation;
import org.kvmzone.bridge.probe.Arg;
import org.kvmzone.bridge.probe.Probe;
import org.kvmzone.bridge.probe.Probes;
import org.kvmzone.bridge.probe.Row;
import org.kvmzone.bridge.probe.Snapshot;
import org.kvmzone.bridge.probe.Watch;
import org.kvmzone.bridge.probe.WatchException;

/**
 * The commands that look at probes. What a client watches is watched until it says {@code unwatch}
 * or its connection ends, so that nobody's forgotten question slows a guest down.
 *
 * <pre>{@code
 * probes                     → probes: [{name, watched, args: [{name, unit}, …]}, …]
 * watch       expression     → watch: a number, expression: as it was understood
 * aggregation watch [text]   → rows: [{key: […], …}, …], dropped; or text, dropped
 * unwatch     watch          →
 * }</pre>
 *
 * <p>A row has a {@code value} ({@code avg}: with {@code count} and {@code sum}), or {@code
 * buckets}: {@code [[[low, high], count], …]}, both ends included, ascending, none of them empty.
 * With {@code "text":true} the rows are printed as DTrace prints them.
 */
public final class ProbeCommands {
  /** As many watches as a process bears at a time; each may take 2 MiB. */
  private static final int MAX_WATCHES = 16;

  private final Semaphore free = new Semaphore(MAX_WATCHES);
  private final AtomicLong lastNumber = new AtomicLong();

  private ProbeCommands() {}

  /** Registers the commands. */
  public static void register(ControlServer server) {
    ProbeCommands commands = new ProbeCommands();
    server
        .handle("probes", request -> probes())
        .handle("watch", commands::watch, "expression")
        .handle("aggregation", ProbeCommands::aggregation, "watch", "text")
        .handle("unwatch", ProbeCommands::unwatch, "watch");
  }

  private static Json.Obj probes() {
    return Json.object()
        .put("probes", Probes.all().stream().map(ProbeCommands::probe).toList())
        .build();
  }

  private static Json probe(Probe probe) {
    List<Json.Obj> args = probe.args().stream().map(ProbeCommands::arg).toList();
    return Json.object()
        .put("name", probe.toString())
        .put("watched", probe.watched())
        .put("args", args)
        .build();
  }

  private static Json.Obj arg(Arg arg) {
    return Json.object()
        .put("name", arg.name())
        .put("unit", arg.unit().name().toLowerCase(Locale.ROOT))
        .build();
  }

  /** An aggregation that gives its place back when it is closed. */
  private record Held(Aggregation aggregation, Semaphore place) implements AutoCloseable {
    @Override
    public void close() {
      aggregation.close();
      place.release();
    }
  }

  private Json.Obj watch(Request request) throws ControlException {
    String expression = request.text("expression").orElseThrow(() -> request.missing("expression"));
    Watch watch;
    try {
      watch = Watch.parse(expression);
    } catch (WatchException e) {
      throw new ControlException(String.valueOf(e.getMessage()));
    }
    if (!free.tryAcquire()) {
      throw new ControlException(
          MAX_WATCHES + " watches are running: end one, with unwatch or its connection");
    }
    long number = lastNumber.incrementAndGet();
    request.keep(key(number), new Held(watch.start(), free));
    return Json.object().put("watch", number).put("expression", watch.toString()).build();
  }

  private static Json.Obj aggregation(Request request) throws ControlException {
    long number = number(request);
    Held held =
        request.kept(key(number), Held.class).orElseThrow(() -> new ControlException(none(number)));
    Snapshot snapshot = held.aggregation().snapshot();
    Json.Builder reply = Json.object();
    if (request.flag("text")) {
      reply.put("text", snapshot.text());
    } else {
      reply.put("rows", snapshot.rows().stream().map(ProbeCommands::row).toList());
    }
    return reply.put("dropped", snapshot.dropped()).build();
  }

  private static Json.Obj unwatch(Request request) throws ControlException {
    long number = number(request);
    if (!request.release(key(number))) {
      throw new ControlException(none(number));
    }
    return Json.object().build();
  }

  private static long number(Request request) throws ControlException {
    return request.whole("watch").orElseThrow(() -> request.missing("watch"));
  }

  private static String key(long number) {
    return "watch " + number;
  }

  private static String none(long number) {
    return "no watch " + number + " on this connection";
  }

  static Json row(Row row) {
    Json.Builder json = Json.object();
    json.put("key", row.key().stream().map(ProbeCommands::part).toList());
    switch (row.result()) {
      case Row.Int64(long value) -> json.put("value", value);
      case Row.Average(long value, long count, long sum) ->
          json.put("value", value).put("count", count).put("sum", sum);
      case Row.Buckets(List<Row.Bucket> buckets) ->
          json.put("buckets", buckets.stream().map(ProbeCommands::bucket).toList());
    }
    return json.build();
  }

  private static Json part(Row.Part part) {
    return switch (part) {
      case Row.Text(String text) -> Json.of(text);
      case Row.Int64(long value) -> Json.of(value);
    };
  }

  private static Json bucket(Row.Bucket bucket) {
    Json range = new Json.Arr(List.of(Json.of(bucket.low()), Json.of(bucket.high())));
    return new Json.Arr(List.of(range, Json.of(bucket.count())));
  }
}
