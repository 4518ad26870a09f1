package org.kvmzone.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone vnic set}: dladm's set-linkprop. */
@Command(
    name = "set",
    sortOptions = false,
    description = {
      "Set properties of a VNIC in use, all that are given or none: maxbw, priority, protection,",
      "allowed-ips, allowed-dhcp-cids, promisc-filtered, and mtu, which holds from the next start",
      "on. They are kept for it. 'none' ends a maxbw, and empties a list."
    })
final class VnicSetCommand implements Callable<Integer> {
  @Option(names = "-t", description = "Not to be kept for the next start.")
  private boolean temporary;

  @Option(
      names = "-p",
      required = true,
      paramLabel = "PROPERTY=VALUE[,…]",
      description = "What to set.")
  private String properties = "";

  @Parameters(paramLabel = "LINK", description = "Of which VNIC.")
  private String link = "";

  private final Context context;

  VnicSetCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("vnic");
    Links links = new Links(context);
    var changes = LinkProperties.changes(LinkProperties.parse(properties));
    links.set(links.find(link), changes, List.of(), temporary);
    return 0;
  }
}
