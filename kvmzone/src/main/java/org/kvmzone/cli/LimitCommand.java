package org.kvmzone.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvmzone limit}: what a disk in use may do in a second. */
@Command(
    name = "limit",
    sortOptions = false,
    description = {
      "Hold a disk in use, and all of its group, to so many requests or bytes a second,",
      "in the words of its SPEC: iops-total=1000 bps-write=50M. 0 ends a limit and its burst;",
      "without any, say what the limits are. They are those of the SPEC again after a restart."
    })
final class LimitCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description = "The guest, or the service: see kvmzone list.")
  private String name = "";

  @Parameters(index = "1", paramLabel = "ID", description = "The disk.")
  private String disk = "";

  @Parameters(
      index = "2..*",
      arity = "0..*",
      paramLabel = "LIMIT=VALUE",
      description = "See kvmzone specs.")
  private Map<String, String> limits = new LinkedHashMap<>();

  private final Context context;

  LimitCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("limit");
    Json.Builder changes = Json.object();
    limits.forEach(changes::put);
    Json.Obj request = Json.object().put("device", disk).put("limits", changes.build()).build();
    try (ControlClient host = Hosts.connect(context.runDirectory(), name, PATIENCE)) {
      Map<String, Json> now =
          new TreeMap<>(Hosts.members(Hosts.ask(host, "limit", request), "limits"));
      StringBuilder line = new StringBuilder();
      now.forEach(
          (limit, value) -> line.append(' ').append(limit).append('=').append(Hosts.text(value)));
      context.out().println(disk + ":" + (line.isEmpty() ? " no limits" : line));
      return 0;
    }
  }
}
