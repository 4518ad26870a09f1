package org.kvmzone.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.control.StderrLoggerFinder;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.probe.Watch;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.GuestDevice;
import org.kvmzone.cli.guest.ShellWords;
import org.kvmzone.cli.qemu.Accelerator;
import org.kvmzone.cli.qemu.DeviceArguments;
import org.kvmzone.cli.qemu.QemuVersion;
import org.kvmzone.cli.qemu.Quirk;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kvmzone serve}: devices in a process beside QEMU. */
@Command(
    name = "serve",
    sortOptions = false,
    description = {
      "Serve devices beside QEMU, for one guest or several, until SIGTERM or SIGINT.",
      "Prints what to add to QEMU's command line when it is ready."
    })
final class ServeCommand implements Callable<Integer> {
  @Option(
      names = "--name",
      paramLabel = "NAME",
      required = true,
      description = "What this service is called.")
  private String name = "";

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      required = true,
      description = "Where to listen, on ID.sock for each device; made if it is missing.")
  private Path directory = Path.of("");

  @Option(
      names = "--net",
      paramLabel = "SPEC",
      description = "A NIC: vnic,id=net0,… Repeat for more; kvmzone specs explains.")
  private List<String> nets = new ArrayList<>();

  @Option(
      names = "--disk",
      paramLabel = "SPEC",
      description = "A disk: zvol,id=disk0,path=… Repeat for more.")
  private List<String> disks = new ArrayList<>();

  @Option(
      names = "--watch",
      paramLabel = "EXPR",
      description = "Aggregate a probe from the beginning; kvmzone stats prints it.")
  private List<String> watches = new ArrayList<>();

  private final Context context;

  ServeCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    context.refuseQemuOptions("serve");
    Guest.checkName(name);
    directory = directory.toAbsolutePath().normalize();
    List<GuestDevice> devices = devices();
    List<Watch> watched = Specs.watches(watches);
    StderrLoggerFinder.name(name);
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
    DeviceHost host = host(devices, watched);
    Ending.by(host::close);
    host.start();
    print(devices);
    return Ending.await();
  }

  private List<GuestDevice> devices() {
    List<GuestDevice> devices = new ArrayList<>();
    nets.forEach(text -> devices.add(Specs.device("--net", FrontEnd.NETDEV, text).withMac(name)));
    disks.forEach(text -> devices.add(Specs.device("--disk", FrontEnd.CHARDEV, text)));
    if (devices.isEmpty()) {
      throw Failure.usage("nothing to serve: give --net or --disk");
    }
    GuestDevice.checkNames(devices);
    devices.forEach(device -> Providers.check(device.spec()));
    return devices;
  }

  /** From here on what is wrong is no longer how it was asked for. */
  private DeviceHost host(List<GuestDevice> devices, List<Watch> watched) throws IOException {
    DeviceHost host = new DeviceHost(name, "serve", id -> directory.resolve(id + ".sock"));
    try {
      host.control(); // first: two services of one name must not take each other's sockets
      for (GuestDevice device : devices) {
        host.listen(device.spec());
      }
      watched.forEach(host::watch);
      return host;
    } catch (SpecException | NativeException | IOException e) {
      host.close();
      throw Failure.failed("" + e.getMessage(), e);
    }
  }

  private void print(List<GuestDevice> devices) {
    QemuVersion version = context.qemuVersion();
    context.out().println("# For QEMU " + version + ", RAM being its -m:");
    context
        .out()
        .println(
            "-machine memory-backend=ram -object memory-backend-memfd,id=ram,size=RAM,share=on");
    for (GuestDevice device : devices) {
      DeviceArguments arguments = new DeviceArguments(device, version, Accelerator.Kind.KVM);
      context.out().println(ShellWords.join(arguments.sockets(directory)));
      context.out().println(ShellWords.join(arguments.frontEnd(List.of())));
    }
    if (Quirk.NO_MSIX_FOR_NICS.appliesTo(version, Accelerator.Kind.TCG) && !nets.isEmpty()) {
      context.out().println("# Without KVM: vectors=0 for each virtio-net-pci.");
    }
    context.out().flush();
  }
}
