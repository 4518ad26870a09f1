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
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.probe.Nearest;
import org.kvmzone.cli.guest.GuestDevice;
import org.kvmzone.cli.qemu.Accelerator;
import org.kvmzone.cli.qemu.DeviceArguments;
import org.kvmzone.cli.qemu.Hotplug;
import org.kvmzone.cli.qemu.Monitor;
import org.kvmzone.cli.qemu.QmpCommand;
import picocli.CommandLine.Option;

/** How a device comes to a host that runs, and to its guest, and leaves both. */
final class Plugging {
  /** A disk may be large, and made first. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** How long a guest may take to let go of a device: it may be writing back what it has cached. */
  private static final Duration UNPLUG = Duration.ofSeconds(30);

  private Plugging() {}

  /** What is said of the guest that is to get a device. */
  static final class In {
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

    /**
     * Adds a device, and prints what QEMU is to be told, or tells it.
     *
     * @param keep for the host's next start, too
     */
    void plug(Context context, ControlClient host, GuestDevice described, boolean keep)
        throws IOException {
      GuestDevice device = Specs.absolute(described);
      Providers.check(device.spec());
      if (qmp.isEmpty()) {
        DeviceArguments arguments =
            new DeviceArguments(device, context.qemuVersion(), Accelerator.Kind.KVM);
        Hotplug.attach(arguments, add(host, device, keep), properties)
            .forEach(command -> context.out().println(command.line()));
        return;
      }
      // First: if its socket is a wrong one, nothing has been done.
      try (Monitor monitor = Monitor.connect(qmp.get())) {
        DeviceArguments arguments =
            new DeviceArguments(device, monitor.version(), monitor.accelerator());
        attach(
            host, monitor, Hotplug.attach(arguments, add(host, device, keep), properties), device);
      }
    }
  }

  /** What is said of the guest that is to lose one. */
  static final class Out {
    @Option(
        names = "--qmp",
        paramLabel = "SOCKET",
        description = "Where the monitor of the guest's QEMU listens: the guest is asked for it.")
    private Optional<Path> qmp = Optional.empty();

    @Option(
        names = "--force",
        description = "Even if a guest that has it loses it without warning.")
    private boolean force;

    /** Refuses what contradicts itself. */
    void check() {
      if (force && qmp.isPresent()) {
        throw Failure.usage("--force asks nobody, --qmp asks the guest: give one of the two");
      }
    }

    /**
     * Removes a device of a host.
     *
     * @param name the host's
     * @param temporary what is kept of it stays
     */
    void unplug(ControlClient host, String name, String id, boolean temporary) throws IOException {
      Json.Obj device = find(host, name, id);
      if (qmp.isPresent()) {
        detach(qmp.get(), id, Hosts.text(device, "front-end").equals("netdev"));
      }
      remove(host, id, qmp.isPresent() || force, temporary);
    }
  }

  /** Returns the socket where its front end is met. */
  private static Path add(ControlClient host, GuestDevice device, boolean keep) throws IOException {
    Json.Obj request =
        Json.object()
            .put(device.isNic() ? "net" : "disk", device.spec().toString())
            .put("keep", keep)
            .build();
    Json.Obj added = Hosts.ask(host, "add", request);
    return Path.of(Hosts.text(Hosts.members(added, "device").getOrDefault("socket", Json.of(""))));
  }

  private static void remove(ControlClient host, String id, boolean force, boolean temporary)
      throws IOException {
    Json.Obj request =
        Json.object().put("device", id).put("force", force).put("temporary", temporary).build();
    Json.Obj ignored = Hosts.ask(host, "remove", request);
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
      remove(host, device.id(), true, false);
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

  private static Json.Obj find(ControlClient host, String name, String id) throws IOException {
    List<Json.Obj> devices =
        Hosts.objects(Hosts.ask(host, "status", Json.object().build()), "devices");
    List<String> ids = devices.stream().map(device -> Hosts.text(device, "id")).toList();
    if (!ids.contains(id)) {
      throw Failure.failed(name + " has no device " + id + Nearest.hint(id, ids));
    }
    return devices.get(ids.indexOf(id));
  }

  private static void detach(Path socket, String id, boolean nic) throws IOException {
    try (Monitor monitor = Monitor.connect(socket)) {
      Json ignored = monitor.execute(Hotplug.unplug(id));
      monitor.awaitDeleted(id, UNPLUG);
      ignored = monitor.execute(Hotplug.detach(id, nic));
    }
  }
}
