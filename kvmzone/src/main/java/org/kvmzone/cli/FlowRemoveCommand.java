package org.kvmzone.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.cli.Links.Link;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone flow remove}. */
@Command(
    name = "remove",
    sortOptions = false,
    description = "Remove a flow of a VNIC in use, or all of them; its counts are gone.")
final class FlowRemoveCommand implements Callable<Integer> {
  @Option(names = "-t", description = "At the next start it is there again.")
  private boolean temporary;

  @Option(names = "-l", required = true, paramLabel = "LINK", description = "Of which VNIC.")
  private String link = "";

  @Parameters(arity = "0..1", paramLabel = "FLOW", description = "Which (default: all).")
  private Optional<String> name = Optional.empty();

  private final Context context;

  FlowRemoveCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("flow");
    Links links = new Links(context);
    Link found = links.find(link);
    Map<String, String> changes = new LinkedHashMap<>();
    FlowCommand.flows(context, List.of(found.name()), name.stream().toList())
        .forEach(flow -> changes.put("flow." + flow.name(), ""));
    links.set(found, changes, List.of(), temporary);
    return 0;
  }
}
