package org.kvmzone.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.cli.Links.Link;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone flow add}. */
@Command(
    name = "add",
    sortOptions = false,
    description = "Make a flow of a VNIC in use; it is kept for the next start.")
final class FlowAddCommand implements Callable<Integer> {
  /** What can be the name of a flow; a SPEC has it behind a dot. */
  static final String NAME = "[A-Za-z][A-Za-z0-9_]{0,30}";

  @Option(names = "-t", description = "Not to be kept for the next start.")
  private boolean temporary;

  @Option(names = "-l", required = true, paramLabel = "LINK", description = "Of which VNIC.")
  private String link = "";

  @Option(
      names = "-a",
      required = true,
      paramLabel = "ATTRIBUTE=VALUE[,…]",
      description = "Which frames: transport=tcp,remote_port=25.")
  private String attributes = "";

  @Option(
      names = "-p",
      paramLabel = "PROPERTY=VALUE[,…]",
      description = {
        "What is to hold of them: maxbw=10M, each way; 0 lets nothing pass. priority=high, medium",
        "or low: beside the guest's other frames, where an etherstub's uplink is behind."
      })
  private Optional<String> properties = Optional.empty();

  @Parameters(paramLabel = "FLOW", description = "What it is called.")
  private String name = "";

  private final Context context;

  FlowAddCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("flow");
    if (!name.matches(NAME)) {
      throw Failure.usage(name + ": a flow's name is a letter, then up to 30 letters, digits, _");
    }
    Links links = new Links(context);
    Link found = links.find(link);
    if (found.properties().containsKey("flow." + name)) {
      throw Failure.failed(found.name() + " has a flow " + name + ": remove it first");
    }
    String text = attributes + properties.map(more -> "," + more).orElse("");
    links.set(found, Map.of("flow." + name, text), List.of(), temporary);
    return 0;
  }
}
