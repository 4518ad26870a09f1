package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.cli.volume.Volumes.Property;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume get}. */
@Command(
    name = "get",
    sortOptions = false,
    description = "Print properties of volumes, snapshots or bookmarks.")
final class VolumeGetCommand implements Callable<Integer> {
  @Option(names = "-H", description = "For programs: no line of names, and tabs between fields.")
  private boolean scripted;

  @Option(names = "-p", description = "Numbers exactly, in bytes.")
  private boolean exact;

  @Option(names = "--json", description = "Print them in JSON, numbers exactly.")
  private boolean json;

  @Parameters(
      index = "0",
      paramLabel = "PROPERTY",
      split = ",",
      description = "Which, separated by commas, or all.")
  private List<String> properties = new ArrayList<>();

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "NAME")
  private List<String> names = new ArrayList<>();

  private final Context context;

  VolumeGetCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("volume");
    properties.forEach(VolumeListCommand::property);
    List<DatasetName> of = names.stream().map(DatasetName::parse).toList();
    List<Property> found = context.volumes().properties(of, properties, exact || json);
    if (json) {
      List<Json> all = found.stream().map(VolumeGetCommand::json).toList();
      context.out().println(Hosts.pretty(new Json.Arr(all)));
    } else if (scripted) {
      found.forEach(one -> context.out().println(String.join("\t", cells(one))));
    } else {
      Table table = new Table();
      table.row("NAME", "PROPERTY", "VALUE", "SOURCE");
      found.forEach(one -> table.row(cells(one)));
      table.lines().forEach(context.out()::println);
    }
    return 0;
  }

  private static List<String> cells(Property one) {
    return List.of(one.dataset(), one.name(), one.value(), one.source());
  }

  private static Json json(Property one) {
    return Json.object()
        .put("name", one.dataset())
        .put("property", one.name())
        .put("value", one.value())
        .put("source", one.source())
        .build();
  }
}
