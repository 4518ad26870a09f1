package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.cli.Links.Link;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone vnic list}: dladm's show-vnic. */
@Command(
    name = "list",
    sortOptions = false,
    description = {
      "List VNICs. Fields: link, kind, over, macaddress, mtu, maxbw, priority, flows (how many),",
      "connected."
    })
final class VnicListCommand implements Callable<Integer> {
  private static final List<String> FIELDS =
      List.of(
          "link", "kind", "over", "macaddress", "mtu", "maxbw", "priority", "flows", "connected");
  private static final List<String> USUAL =
      List.of("link", "over", "macaddress", "maxbw", "priority");

  @Mixin private Columns columns = new Columns();

  @Option(names = "-p", description = "For programs: fields joined by colons, no field names.")
  private boolean parseable;

  @Parameters(arity = "0..*", paramLabel = "LINK", description = "Which (default: all).")
  private List<String> links = new ArrayList<>();

  private final Context context;

  VnicListCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("vnic");
    columns.print(
        context,
        FIELDS,
        USUAL,
        parseable,
        new Links(context)
            .named(links).stream().map(link -> Columns.row(FIELDS, cells(link))).toList());
    return 0;
  }

  private static List<String> cells(Link link) {
    return List.of(
        link.name(),
        link.property("kind", "--"),
        link.property("over", "--"),
        link.property("macaddr", "--"),
        link.property("mtu", "--"),
        link.property("maxbw", "--"),
        link.property("priority", "--"),
        "" + link.flows().size(),
        Hosts.text(Json.of(Hosts.flag(link.report(), "connected"))));
  }
}
