package org.kvmzone.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.control.StateDirectory;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.GuestDevice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone vnic create}: dladm's create-vnic. */
@Command(
    name = "create",
    sortOptions = false,
    description = {
      "Create a VNIC of a process, now if it runs, and whenever it starts from now on. Prints the",
      "QMP commands that give it to a guest, or with --qmp sends them to its QEMU."
    })
final class VnicCreateCommand implements Callable<Integer> {
  private static final Path HOST_LINKS = Path.of("/sys/class/net");

  @Option(names = "-t", description = "Until the process ends, not for its next start.")
  private boolean temporary;

  @Option(
      names = "-l",
      paramLabel = "LINK",
      description =
          "What it is over: a link of this host, which gets a macvtap, or an etherstub (without: a"
              + " tap).")
  private Optional<String> over = Optional.empty();

  @Option(
      names = "-m",
      paramLabel = "MAC",
      description = "The guest's address (default: made from the names).")
  private Optional<String> mac = Optional.empty();

  @Option(names = "-v", paramLabel = "VID", description = "The VLAN that the guest is in.")
  private Optional<String> vlan = Optional.empty();

  @Option(
      names = "-p",
      paramLabel = "PROPERTY=VALUE[,…]",
      description = "As kvmzone vnic set has them, and those of a SPEC: kind=tap,ip=10.0.0.5,…")
  private Optional<String> properties = Optional.empty();

  @Parameters(
      paramLabel = "LINK",
      description = "NAME/ID: of which process, and what it is called.")
  private String link = "";

  @Mixin private Plugging.In guest = new Plugging.In();

  private final Context context;

  VnicCreateCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("vnic");
    int slash = link.indexOf('/');
    if (slash < 0) {
      throw Failure.usage(link + ": of which process? Write NAME/" + link);
    }
    String name = link.substring(0, slash);
    Guest.checkName(name);
    GuestDevice vnic = vnic(link.substring(slash + 1)).withMac(name);
    Providers.check(vnic.spec());
    Optional<ControlClient> running = Hosts.ifRunning(context.runDirectory(), name);
    if (running.isEmpty()) {
      keep(name, vnic.spec());
      return 0;
    }
    try (ControlClient host = running.get()) {
      guest.plug(context, host, vnic, !temporary);
    }
    return 0;
  }

  private GuestDevice vnic(String id) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("id", id);
    properties.ifPresent(text -> values.putAll(LinkProperties.ofNew(LinkProperties.parse(text))));
    over.ifPresent(below -> values.put("over", below));
    mac.ifPresent(address -> values.put("macaddr", address));
    vlan.ifPresent(number -> values.put("vlan_id", number));
    if (over.isEmpty()) {
      values.putIfAbsent("kind", "tap");
    } else if (values.containsKey("netns") || isHostLink(over.get())) {
      values.putIfAbsent("kind", "macvtap");
    }
    return new GuestDevice(FrontEnd.NETDEV, Spec.of("vnic", values));
  }

  private static boolean isHostLink(String name) {
    return !name.contains("/") && Files.exists(HOST_LINKS.resolve(name));
  }

  private void keep(String name, Spec spec) throws IOException {
    if (temporary) {
      throw Failure.failed(
          name + " is not running: without -t, " + spec.id() + " is there when it is");
    }
    StateDirectory state = context.keptState();
    if (state.isCreated(name, spec.id())) {
      throw Failure.failed(link + " is there already: kvmzone vnic delete " + link);
    }
    state.create(name, spec);
    context.say(name + " is not running: " + spec.id() + " is there when it starts");
  }
}
