package org.kvmzone.cli;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.cli.Links.Link;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone vnic delete}: dladm's delete-vnic. */
@Command(
    name = "delete",
    sortOptions = false,
    description = {
      "Delete a VNIC, and what is kept of it. One that has a front end is taken from the guest",
      "first, with --qmp; otherwise it is refused. One that a command line describes is there",
      "again at the next start."
    })
final class VnicDeleteCommand implements Callable<Integer> {
  @Option(names = "-t", description = "Until the process' next start: what is kept of it stays.")
  private boolean temporary;

  @Parameters(paramLabel = "LINK", description = "Which VNIC.")
  private String link = "";

  @Mixin private Plugging.Out guest = new Plugging.Out();

  private final Context context;

  VnicDeleteCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("vnic");
    guest.check();
    int slash = link.indexOf('/');
    if (slash > 0) {
      String name = link.substring(0, slash);
      Optional<ControlClient> running = Hosts.ifRunning(context.runDirectory(), name);
      if (running.isEmpty()) {
        forget(name, link.substring(slash + 1));
        return 0;
      }
      running.get().close();
    }
    Link found = new Links(context).find(link);
    try (ControlClient host =
        Hosts.connect(context.runDirectory(), found.host(), Plugging.PATIENCE)) {
      guest.unplug(host, found.host(), found.id(), temporary);
    }
    return 0;
  }

  private void forget(String name, String id) throws IOException {
    if (temporary || !context.keptState().isCreated(name, id)) {
      throw Failure.failed(name + " is not running, and no VNIC " + id + " is kept for its start");
    }
    context.keptState().destroy(name, id);
  }
}
