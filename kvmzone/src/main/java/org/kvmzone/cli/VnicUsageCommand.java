package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone vnic show-usage}. */
@Command(
    name = "show-usage",
    sortOptions = false,
    description = {
      "Print what VNICs have passed since they were made. Fields: link, duration (seconds),",
      "ipackets, rbytes, opackets, obytes, bandwidth (both ways, on average)."
    })
final class VnicUsageCommand implements Callable<Integer> {
  private static final List<String> FIELDS = Usage.fields("link");

  @Mixin private Columns columns = new Columns();

  @Option(names = "-p", description = "For programs: fields joined by colons, no field names.")
  private boolean parseable;

  @Parameters(arity = "0..*", paramLabel = "LINK", description = "Which (default: all).")
  private List<String> links = new ArrayList<>();

  private final Context context;

  VnicUsageCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("vnic");
    columns.print(
        context,
        FIELDS,
        FIELDS,
        parseable,
        new Links(context)
            .named(links).stream()
                .map(link -> Usage.row("link", link.name(), link.report(), "64"))
                .toList());
    return 0;
  }
}
