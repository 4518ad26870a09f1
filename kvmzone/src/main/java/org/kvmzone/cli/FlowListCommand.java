package org.kvmzone.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.kvmzone.cli.FlowCommand.Flow;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kvmzone flow list}: flowadm's show-flow. */
@Command(
    name = "list",
    sortOptions = false,
    description = {
      "List flows. Fields: flow, link, local_ip, remote_ip, proto, lport, rport, dsfld, maxbw,",
      "priority."
    })
final class FlowListCommand implements Callable<Integer> {
  private static final List<String> FIELDS =
      List.of(
          "flow",
          "link",
          "local_ip",
          "remote_ip",
          "proto",
          "lport",
          "rport",
          "dsfld",
          "maxbw",
          "priority");

  @Mixin private Columns columns = new Columns();

  @Option(names = "-p", description = "For programs: fields joined by colons, no field names.")
  private boolean parseable;

  @Mixin private FlowChoice choice = new FlowChoice();

  private final Context context;

  FlowListCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("flow");
    columns.print(
        context,
        FIELDS,
        FIELDS,
        parseable,
        choice.of(context).stream().map(flow -> Columns.row(FIELDS, cells(flow))).toList());
    return 0;
  }

  private static List<String> cells(Flow flow) {
    return List.of(
        flow.name(),
        flow.link().name(),
        flow.attribute("local_ip"),
        flow.attribute("remote_ip"),
        flow.attribute("transport"),
        flow.attribute("local_port"),
        flow.attribute("remote_port"),
        flow.attribute("dsfield"),
        flow.attribute("maxbw"),
        flow.attribute("priority"));
  }
}
