package org.kvmzone.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kvmzone flow show-usage}. */
@Command(
    name = "show-usage",
    sortOptions = false,
    description = {
      "Print what flows have passed since they were made. Fields: flow, duration (seconds),",
      "ipackets, rbytes, opackets, obytes, bandwidth (both ways, on average)."
    })
final class FlowUsageCommand implements Callable<Integer> {
  private static final List<String> FIELDS = Usage.fields("flow");

  @Mixin private Columns columns = new Columns();

  @Option(names = "-p", description = "For programs: fields joined by colons, no field names.")
  private boolean parseable;

  @Mixin private FlowChoice choice = new FlowChoice();

  private final Context context;

  FlowUsageCommand(Context context) {
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
        choice.of(context).stream()
            .map(flow ->
                Usage.row("flow", flow.link().name() + "/" + flow.name(), flow.report(), ""))
            .toList());
    return 0;
  }
}
