package org.kvmzone.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.probe.Nearest;
import org.kvmzone.cli.qemu.Hotplug;
import org.kvmzone.cli.qemu.Monitor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
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
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** How long a guest may take to let go of a device: it may be writing back what it has cached. */
  private static final Duration UNPLUG = Duration.ofSeconds(30);

  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description = "The guest, or the service: see kvmzone list.")
  private String name = "";

  @Parameters(index = "1", paramLabel = "ID", description = "The device.")
  private String id = "";

  @Option(
      names = "--qmp",
      paramLabel = "SOCKET",
      description = "Where the monitor of the guest's QEMU listens: the guest is asked for it.")
  private Optional<Path> qmp = Optional.empty();

  @Option(names = "--force", description = "Even if a guest that has it loses it without warning.")
  private boolean force;

  private final Context context;

  RemoveCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("remove");
    if (force && qmp.isPresent()) {
      throw Failure.usage("--force asks nobody, --qmp asks the guest: give one of the two");
    }
    try (ControlClient host = Hosts.connect(context.runDirectory(), name, PATIENCE)) {
      Json.Obj device = find(host);
      if (qmp.isPresent()) {
        detach(qmp.get(), Hosts.text(device, "front-end").equals("netdev"));
      }
      if (qmp.isPresent() || force) {
        Hosts.remove(host, id);
      } else {
        Json.Obj ignored = Hosts.ask(host, "remove", Json.object().put("device", id).build());
      }
      return 0;
    }
  }

  private Json.Obj find(ControlClient host) throws IOException {
    List<Json.Obj> devices =
        Hosts.objects(Hosts.ask(host, "status", Json.object().build()), "devices");
    List<String> ids = devices.stream().map(device -> Hosts.text(device, "id")).toList();
    if (!ids.contains(id)) {
      throw Failure.failed(name + " has no device " + id + Nearest.hint(id, ids));
    }
    return devices.get(ids.indexOf(id));
  }

  private void detach(Path socket, boolean nic) throws IOException {
    try (Monitor monitor = Monitor.connect(socket)) {
      Json ignored = monitor.execute(Hotplug.unplug(id));
      monitor.awaitDeleted(id, UNPLUG);
      ignored = monitor.execute(Hotplug.detach(id, nic));
    }
  }
}
