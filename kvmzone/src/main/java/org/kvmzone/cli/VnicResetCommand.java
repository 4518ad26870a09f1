package org.kvmzone.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone vnic reset}: dladm's reset-linkprop. */
@Command(
    name = "reset",
    sortOptions = false,
    description = "Give a VNIC in use the properties of its SPEC again, and keep no others.")
final class VnicResetCommand implements Callable<Integer> {
  @Option(names = "-t", description = "What is kept for the next start is to stay.")
  private boolean temporary;

  @Option(
      names = "-p",
      paramLabel = "PROPERTY",
      split = ",",
      description = "Which properties, separated by commas (default: all that can be set).")
  private List<String> properties =
      LinkProperties.NAMES.stream().filter(name -> !name.equals("cpus")).toList();

  @Parameters(paramLabel = "LINK", description = "Of which VNIC.")
  private String link = "";

  private final Context context;

  VnicResetCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("vnic");
    List<String> resets =
        properties.stream().flatMap(name -> LinkProperties.inSpec(name).stream()).toList();
    Links links = new Links(context);
    links.set(links.find(link), Map.of(), resets, temporary);
    return 0;
  }
}
