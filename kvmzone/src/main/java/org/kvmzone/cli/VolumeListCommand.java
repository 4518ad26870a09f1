package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.cli.volume.Sorting;
import org.kvmzone.cli.volume.Volumes.Listing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume list}. */
@Command(
    name = "list",
    sortOptions = false,
    description =
        "List volumes, and with -t snapshots and bookmarks; fields are zfs(8)'s properties.")
final class VolumeListCommand implements Callable<Integer> {
  private static final List<String> TYPES = List.of("volume", "snapshot", "bookmark");
  private static final Pattern PROPERTY = Pattern.compile("[a-z0-9_.:@#][-a-z0-9_.:@#]{0,254}");

  /** How a list is to be printed: what pools and volumes have in common. */
  static final class Shape {
    @Option(names = "-H", description = "For programs: no line of names, and tabs between fields.")
    private boolean scripted;

    @Option(names = "-p", description = "Numbers exactly, in bytes.")
    private boolean exact;

    @Option(
        names = "-o",
        paramLabel = "FIELD",
        split = ",",
        description = "Which fields, separated by commas.")
    private List<String> fields = new ArrayList<>();

    @Option(
        names = "-s",
        paramLabel = "FIELD",
        parameterConsumer = ListCommand.SortFields.class,
        description = "What to sort by; -FIELD sorts downwards.")
    private List<String> sortBy = new ArrayList<>();

    @Option(names = "--json", description = "Print the fields in JSON, numbers exactly.")
    private boolean json;

    Shape() {}

    /** What is asked for, with these fields unless others were. */
    Listing listing(List<String> usual, List<String> types, List<String> of) {
      List<String> wanted = fields.isEmpty() ? usual : fields;
      wanted.forEach(VolumeListCommand::property);
      sortBy.forEach(field -> property(Sorting.bare(field)));
      return new Listing(wanted, sortBy, exact || json, types, of);
    }

    void print(Context context, Listing listing, List<Map<String, String>> rows)
        throws IOException {
      if (json) {
        List<Json.Obj> all = rows.stream().map(VolumeListCommand::json).toList();
        context.out().println(Hosts.pretty(new Json.Arr(List.copyOf(all))));
      } else if (scripted) {
        rows.forEach(row -> context.out().println(String.join("\t", row.values())));
      } else {
        Table table = new Table();
        table.row(listing.fields().stream().map(field -> field.toUpperCase(Locale.ROOT)).toList());
        rows.forEach(row -> table.row(List.copyOf(row.values())));
        table.lines().forEach(context.out()::println);
      }
    }
  }

  @Mixin private Shape shape = new Shape();

  @Option(
      names = "-t",
      paramLabel = "TYPE",
      split = ",",
      description = "volume (default), snapshot, bookmark, or all.")
  private List<String> types = List.of("volume");

  @Parameters(
      arity = "0..*",
      paramLabel = "NAME",
      description = "A pool or a volume, and what is below it (default: everything).")
  private List<String> names = new ArrayList<>();

  private final Context context;

  VolumeListCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("volume");
    Listing listing =
        shape.listing(List.of("name", "volsize", "used", "refer", "origin"), types(), of());
    shape.print(context, listing, context.volumes().list(listing));
    return 0;
  }

  private List<String> types() {
    if (types.equals(List.of("all"))) {
      return TYPES;
    }
    types.stream()
        .filter(type -> !TYPES.contains(type))
        .forEach(type -> {
          throw Failure.usage("-t " + type + ": there are volume, snapshot, bookmark and all");
        });
    return types;
  }

  private List<String> of() {
    return names.stream()
        .map(name ->
            name.matches("[^/@#]*") ? DatasetName.pool(name) : DatasetName.parse(name).toString())
        .toList();
  }

  /**
   * Checks the name of a property.
   *
   * @throws Failure if there cannot be one
   */
  static String property(String name) {
    if (!PROPERTY.matcher(name).matches()) {
      throw Failure.usage("'" + name + "' is no name of a property");
    }
    return name;
  }

  private static Json.Obj json(Map<String, String> row) {
    Json.Builder object = Json.object();
    row.forEach((field, value) -> object.put(field, json(field, value)));
    return object.build();
  }

  /** Guids have 64 bits without a sign: they stay texts. */
  private static Json json(String field, String value) {
    if (value.equals("-")) {
      return Json.Nothing.NULL;
    }
    return value.matches("[0-9]{1,18}") && !field.endsWith("guid") && !field.equals("name")
        ? Json.of(Long.parseLong(value))
        : Json.of(value);
  }
}
