package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.cli.FlowCommand.Flow;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which flows a command is about. */
final class FlowChoice {
  @Option(names = "-l", paramLabel = "LINK", description = "Of which VNIC (default: all).")
  private List<String> links = new ArrayList<>();

  @Parameters(arity = "0..*", paramLabel = "FLOW", description = "Which (default: all).")
  private List<String> flows = new ArrayList<>();

  FlowChoice() {}

  /** These flows of running processes. */
  List<Flow> of(Context context) throws IOException {
    return FlowCommand.flows(context, links, flows);
  }
}
