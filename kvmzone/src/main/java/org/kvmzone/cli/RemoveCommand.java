package org.kvmzone.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.ControlClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kvmzone remove}: a device less for a host that runs. */
@Command(
    name = "remove",
    sortOptions = false,
    description = {
      "Remove a device from a running process. One that has a front end is taken from the guest",
      "first, with --qmp; otherwise it is refused."
    })
final class RemoveCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description = "The guest, or the service: see kvmzone list.")
  private String name = "";

  @Parameters(index = "1", paramLabel = "ID", description = "The device.")
  private String id = "";

  @Mixin private Plugging.Out guest = new Plugging.Out();

  private final Context context;

  RemoveCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("remove");
    guest.check();
    try (ControlClient host = Hosts.connect(context.runDirectory(), name, Plugging.PATIENCE)) {
      guest.unplug(host, name, id, false);
    }
    return 0;
  }
}
