package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kvmzone.cli.Links.Link;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone vnic get}: dladm's show-linkprop. */
@Command(
    name = "get",
    sortOptions = false,
    description = {
      "Print properties of VNICs as they hold. Fields: link, property, value, default, possible."
    })
final class VnicGetCommand implements Callable<Integer> {
  private static final List<String> FIELDS =
      List.of("link", "property", "value", "default", "possible");

  @Mixin private Columns columns = new Columns();

  @Option(names = "-c", description = "For programs: fields joined by colons, no field names.")
  private boolean parseable;

  @Option(
      names = "-p",
      paramLabel = "PROPERTY",
      split = ",",
      description = "Which properties, separated by commas (default: all).")
  private List<String> properties = LinkProperties.NAMES;

  @Parameters(arity = "0..*", paramLabel = "LINK", description = "Of which VNICs (default: all).")
  private List<String> links = new ArrayList<>();

  private final Context context;

  VnicGetCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("vnic");
    properties.forEach(LinkProperties::known);
    List<Map<String, String>> rows = new ArrayList<>();
    for (Link link : new Links(context).named(links)) {
      for (String property : properties) {
        rows.add(
            Columns.row(
                FIELDS,
                List.of(
                    link.name(),
                    property,
                    LinkProperties.value(link, property),
                    LinkProperties.byDefault(property),
                    LinkProperties.possible(property))));
      }
    }
    columns.print(context, FIELDS, FIELDS, parseable, rows);
    return 0;
  }
}
