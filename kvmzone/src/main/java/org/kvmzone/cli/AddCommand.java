package org.kvmzone.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.cli.guest.GuestDevice;
import org.kvmzone.cli.qemu.Accelerator;
import org.kvmzone.cli.qemu.DeviceArguments;
import org.kvmzone.cli.qemu.Hotplug;
import org.kvmzone.cli.qemu.Monitor;
import org.kvmzone.cli.qemu.QmpCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone add}: a device more for a host that runs. */
@Command(
    name = "add",
    sortOptions = false,
    description = {
      "Add a device to a running process, and print the QMP commands that give it to a guest,",
      "or with --qmp send them to its QEMU."
    })
final class AddCommand implements Callable<Integer> {
  /** A disk may be large, and made first. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Parameters(paramLabel = "NAME", description = "The guest, or the service: see kvmzone list.")
  private String name = "";

  @Option(names = "--net", paramLabel = "SPEC", description = "A NIC: vnic,id=net1,…")
  private Optional<String> net = Optional.empty();

  @Option(names = "--disk", paramLabel = "SPEC", description = "A disk: zvol,id=disk1,path=…")
  private Optional<String> disk = Optional.empty();

  @Option(
      names = "--qmp",
      paramLabel = "SOCKET",
      description = "Where the monitor of the guest's QEMU listens; run makes it qmp.sock.")
  private Optional<Path> qmp = Optional.empty();

  @Option(
      names = "--property",
      paramLabel = "NAME=VALUE",
      description = "A further property of QEMU's device, as bus=port1. Repeat for more.")
  private Map<String, String> properties = new LinkedHashMap<>();

  private final Context context;

  AddCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("add");
    GuestDevice device = device();
    try (ControlClient host = Hosts.connect(context.runDirectory(), name, PATIENCE)) {
      if (qmp.isEmpty()) {
        DeviceArguments arguments =
            new DeviceArguments(device, context.qemuVersion(), Accelerator.Kind.KVM);
        Hotplug.attach(arguments, add(host, device), properties)
            .forEach(command -> context.out().println(command.line()));
        return 0;
      }
      // First: if its socket is a wrong one, nothing has been done.
      try (Monitor monitor = Monitor.connect(qmp.get())) {
        DeviceArguments arguments =
            new DeviceArguments(device, monitor.version(), monitor.accelerator());
        attach(host, monitor, Hotplug.attach(arguments, add(host, device), properties), device);
      }
      return 0;
    }
  }

  private GuestDevice device() {
    if (net.isPresent() == disk.isPresent()) {
      throw Failure.usage("what is to be added? Give --net or --disk, one of the two");
    }
    GuestDevice device =
        net.map(text -> Specs.device("--net", FrontEnd.NETDEV, text))
            .orElseGet(() -> Specs.device("--disk", FrontEnd.CHARDEV, disk.orElseThrow()));
    GuestDevice complete = Specs.absolute(device.withMac(name));
    Providers.check(complete.spec());
    return complete;
  }

  /** Returns the socket where its front end is met. */
  private static Path add(ControlClient host, GuestDevice device) throws IOException {
    Json.Obj request =
        Json.object().put(device.isNic() ? "net" : "disk", device.spec().toString()).build();
    Json.Obj added = Hosts.ask(host, "add", request);
    return Path.of(Hosts.text(Hosts.members(added, "device").getOrDefault("socket", Json.of(""))));
  }

  /** Does all of it, or nothing. */
  private static void attach(
      ControlClient host, Monitor monitor, List<QmpCommand> commands, GuestDevice device)
      throws IOException {
    Set<String> done = new HashSet<>();
    try {
      for (QmpCommand command : commands) {
        Json ignored = monitor.execute(command);
        done.add(command.name());
      }
    } catch (IOException e) {
      undo(monitor, done, device.id(), e);
      Hosts.remove(host, device.id());
      throw e;
    }
  }

  private static void undo(Monitor monitor, Set<String> done, String id, IOException because) {
    try {
      if (!done.isEmpty()) {
        Json ignored = monitor.execute(Hotplug.detach(id, done.contains("netdev_add")));
      }
    } catch (IOException e) {
      because.addSuppressed(e); // QEMU is gone, most likely, and all of this with it
    }
  }
}
