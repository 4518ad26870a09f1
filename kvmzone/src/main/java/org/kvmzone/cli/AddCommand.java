package org.kvmzone.cli;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.cli.guest.GuestDevice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
  @Parameters(paramLabel = "NAME", description = "The guest, or the service: see kvmzone list.")
  private String name = "";

  @Option(names = "--net", paramLabel = "SPEC", description = "A NIC: vnic,id=net1,…")
  private Optional<String> net = Optional.empty();

  @Option(names = "--disk", paramLabel = "SPEC", description = "A disk: zvol,id=disk1,path=…")
  private Optional<String> disk = Optional.empty();

  @Mixin private Plugging.In guest = new Plugging.In();

  private final Context context;

  AddCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("add");
    GuestDevice device = device();
    try (ControlClient host = Hosts.connect(context.runDirectory(), name, Plugging.PATIENCE)) {
      guest.plug(context, host, device, false);
    }
    return 0;
  }

  private GuestDevice device() {
    if (net.isPresent() == disk.isPresent()) {
      throw Failure.usage("what is to be added? Give --net or --disk, one of the two");
    }
    return net.map(text -> Specs.device("--net", FrontEnd.NETDEV, text))
        .orElseGet(() -> Specs.device("--disk", FrontEnd.CHARDEV, disk.orElseThrow()))
        .withMac(name);
  }
}
