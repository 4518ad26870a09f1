package org.kvmzone.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Stack;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.probe.Nearest;
import org.kvmzone.cli.volume.Sorting;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code kvmzone list}: which processes host devices. */
@Command(
    name = "list",
    sortOptions = false,
    description = {
      "List the processes that host devices: guests with the plugin, and services.",
      "Fields: name, pid, mode (plugin or serve), nics, disks, connected (devices whose front end",
      "is there)."
    })
final class ListCommand implements Callable<Integer> {
  private static final List<String> FIELDS =
      List.of("name", "pid", "mode", "nics", "disks", "connected");

  /** A host that is stopped, or hangs, is not waited for any longer. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  @Option(names = "-H", description = "No line of column names.")
  private boolean noHeader;

  @Option(names = "-p", description = "For programs: fields joined by colons, no column names.")
  private boolean parseable;

  @Option(
      names = "-o",
      paramLabel = "FIELD",
      split = ",",
      description = "Which fields, separated by commas (default: name,pid,mode,nics,disks).")
  private List<String> fields = List.of("name", "pid", "mode", "nics", "disks");

  @Option(
      names = "-s",
      paramLabel = "FIELD",
      parameterConsumer = SortFields.class,
      description = "What to sort by; -FIELD sorts downwards (default: name).")
  private List<String> sortBy = List.of("name");

  @Option(names = "--json", description = "Print all that is known, in JSON.")
  private boolean json;

  private final Context context;

  ListCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("list");
    fields.forEach(field -> check("-o", field));
    sortBy.forEach(field -> check("-s", Sorting.bare(field)));
    RunDirectory directory = context.runDirectory();
    List<Json.Obj> hosts = new ArrayList<>();
    for (String name : directory.names()) {
      status(directory, name).ifPresent(hosts::add);
    }
    if (json) {
      context.out().println(Hosts.pretty(new Json.Arr(List.copyOf(hosts))));
    } else {
      print(hosts.stream().map(ListCommand::row).sorted(Sorting.by(sortBy)).toList());
    }
    return 0;
  }

  private Optional<Json.Obj> status(RunDirectory directory, String name) throws IOException {
    ControlClient client;
    try {
      client = ControlClient.connect(directory.socket(name), PATIENCE);
    } catch (IOException e) {
      return Optional.empty(); // it is gone, and left its socket
    }
    try (client) {
      return Optional.of(Hosts.ask(client, "status", Json.object().build()));
    } catch (IOException | Failure e) {
      context.say(name + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Takes {@code -pid} for what it is here, and not for an option. */
  static final class SortFields implements IParameterConsumer {
    SortFields() {}

    @Override
    public void consumeParameters(Stack<String> args, ArgSpec argument, CommandSpec command) {
      if (args.isEmpty()) {
        throw new ParameterException(command.commandLine(), "-s FIELD is missing");
      }
      argument.setValue(List.of(args.pop().split(",")));
    }
  }

  private static void check(String option, String field) {
    if (!FIELDS.contains(field)) {
      throw Failure.usage(
          option
              + " "
              + field
              + ": no such field"
              + Nearest.hint(field, FIELDS)
              + " (there are: "
              + String.join(", ", FIELDS)
              + ")");
    }
  }

  private static Map<String, String> row(Json.Obj host) {
    List<Json.Obj> devices = Hosts.objects(host, "devices");
    long connected = devices.stream().filter(device -> Hosts.flag(device, "connected")).count();
    return Map.of(
        "name", Hosts.text(host, "name"),
        "pid", Hosts.text(host, "pid"),
        "mode", Hosts.text(host, "mode"),
        "nics", ids(devices, FrontEnd.NETDEV),
        "disks", ids(devices, FrontEnd.CHARDEV),
        "connected", connected + "/" + devices.size());
  }

  private static String ids(List<Json.Obj> devices, FrontEnd frontEnd) {
    List<String> kinds =
        Providers.all().stream()
            .filter(provider -> provider.frontEnd() == frontEnd)
            .map(provider -> provider.word())
            .toList();
    String ids =
        devices.stream()
            .filter(device -> kinds.contains(Hosts.text(device, "kind")))
            .map(device -> Hosts.text(device, "id"))
            .collect(Collectors.joining(","));
    return ids.isEmpty() ? "-" : ids;
  }

  private void print(List<Map<String, String>> rows) {
    if (parseable) {
      for (Map<String, String> row : rows) {
        context.out().println(String.join(":", cells(row)));
      }
      return;
    }
    Table table = new Table();
    if (!noHeader) {
      table.row(fields.stream().map(field -> field.toUpperCase(Locale.ROOT)).toList());
    }
    rows.forEach(row -> table.row(cells(row)));
    table.lines().forEach(context.out()::println);
  }

  private List<String> cells(Map<String, String> row) {
    return fields.stream().map(field -> row.getOrDefault(field, "-")).toList();
  }
}
