package org.kvmzone.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.control.HostedDevice;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.control.StderrLoggerFinder;
import org.kvmzone.bridge.control.WarmUp;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.Signal;
import org.kvmzone.bridge.probe.Watch;
import org.kvmzone.bridge.vhostuser.InheritedSocket;
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
      "Serve devices beside QEMU, for one guest or several, until SIGTERM or SIGINT; SIGHUP is",
      "ignored.",
      "Prints what to add to QEMU's command line when it is ready."
    })
final class ServeCommand implements Callable<Integer> {
  /** Front ends see a close within two seconds, whatever hangs. */
  private static final Duration ENDING = Duration.ofMillis(1800);

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What this service is called (default: serve-PID).")
  private Optional<String> name = Optional.empty();

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "Where to listen, on ID.sock for each device; made if it is missing (default: where the"
              + " control socket is).")
  private Optional<Path> directory = Optional.empty();

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

  @Option(
      names = "--warm-up",
      paramLabel = "MILLISECONDS",
      description =
          "How long at most the devices work for guests that do not exist, before front ends are"
              + " answered: the data path is compiled by then (default: 5000).")
  private Optional<String> warmUp = Optional.empty();

  @Option(
      names = "--fd",
      paramLabel = "[ID=]N",
      description =
          "An open socket for a device: one that listens, or is connected to a front end. Sockets"
              + " that systemd hands over (LISTEN_FDS) are named by their devices.")
  private List<String> fds = new ArrayList<>();

  @Option(
      names = "--socket-path",
      paramLabel = "PATH",
      description = "Where to listen, for a single device.")
  private Optional<String> socketPath = Optional.empty();

  @Option(
      names = "--print-capabilities",
      description = "Print what this is, in JSON, as back ends of QEMU do; and do nothing else.")
  private boolean printCapabilities;

  private final Context context;

  ServeCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    context.refuseQemuOptions("serve");
    if (printCapabilities) {
      context.out().println("{\"type\":\"" + (nets.isEmpty() ? "block" : "net") + "\"}");
      return 0;
    }
    String called = name.orElseGet(() -> "serve-" + ProcessHandle.current().pid());
    Guest.checkName(called);
    List<GuestDevice> devices = devices(called);
    List<Watch> watched = Specs.watches(watches);
    Duration rehearsal = warmUp();
    Map<String, InheritedSocket> sockets =
        HandedSockets.take(
            devices.stream().map(GuestDevice::id).toList(), fds, context.environment());
    StderrLoggerFinder.name(called);
    Path listening = listening(called);
    DeviceHost host = new DeviceHost(called, "serve", id -> listening.resolve(id + ".sock"));
    if (name.isPresent()) {
      context.stateDirectory().ifPresent(host::keepIn);
    }
    // There is nothing to read again; and the terminal that it was started in may be gone.
    Signal.ignore(Signal.SIGHUP);
    Ending ending = Ending.within(ENDING, host::close);
    try {
      fill(host, devices, sockets);
      watched.forEach(host::watch);
    } catch (SpecException | NativeException | IOException e) {
      // From here on what is wrong is no longer how it was asked for.
      ending.forget();
      host.close();
      throw Failure.failed("" + e.getMessage(), e);
    }
    if (!rehearsal.isZero()) {
      host.rehearse(rehearsal).join();
    }
    host.start();
    print(devices, host.devices());
    return Ending.await(
        CompletableFuture.allOf(
            host.devices().stream().map(HostedDevice::ended).toArray(CompletableFuture[]::new)));
  }

  private Duration warmUp() {
    try {
      return warmUp.map(WarmUp::parse).orElse(WarmUp.DEFAULT);
    } catch (SpecException e) {
      throw Failure.usage("--" + e.getMessage());
    }
  }

  private Path listening(String called) throws IOException {
    if (directory.isEmpty()) {
      return context.runDirectory().path().resolve(called);
    }
    return Files.createDirectories(
        directory.get().toAbsolutePath().normalize(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
  }

  private List<GuestDevice> devices(String called) {
    List<GuestDevice> described = new ArrayList<>();
    nets.forEach(text -> described.add(nic(text, called)));
    disks.forEach(text -> described.add(Specs.device("--disk", FrontEnd.CHARDEV, text)));
    List<GuestDevice> devices =
        name.isPresent() ? CreatedDevices.with(context, called, described) : described;
    if (devices.isEmpty()) {
      throw Failure.usage("nothing to serve: give --net or --disk");
    }
    GuestDevice.checkNames(devices);
    devices.forEach(device -> Providers.check(device.spec()));
    if (socketPath.isEmpty()) {
      return devices;
    }
    if (devices.size() > 1 || !fds.isEmpty()) {
      throw Failure.usage("--socket-path: for one device, and without --fd; in a SPEC, listen=");
    }
    GuestDevice only = devices.getFirst();
    Map<String, String> values = new LinkedHashMap<>(only.spec().values());
    if (values.put("listen", socketPath.get()) != null) {
      throw Failure.usage("--socket-path: the SPEC says listen=, too");
    }
    GuestDevice there = new GuestDevice(only.frontEnd(), Spec.of(only.spec().word(), values));
    Providers.check(there.spec());
    return List.of(there);
  }

  private GuestDevice nic(String text, String called) {
    GuestDevice device = Specs.device("--net", FrontEnd.NETDEV, text);
    if (name.isEmpty() && device.spec().text("macaddr").isEmpty()) {
      throw Failure.usage(
          "--net: macaddr= is missing; it is made of --name, if there is one, and would change");
    }
    return device.withMac(called);
  }

  private static void fill(
      DeviceHost host, List<GuestDevice> devices, Map<String, InheritedSocket> sockets)
      throws IOException {
    host.control(); // first: two services of one name must not take each other's sockets
    for (GuestDevice device : devices) {
      InheritedSocket socket = sockets.get(device.id());
      HostedDevice ignored =
          socket == null ? host.listen(device.spec()) : host.inherit(device.spec(), socket);
    }
  }

  private void print(List<GuestDevice> devices, List<HostedDevice> hosted) {
    QemuVersion version = context.qemuVersion();
    PrintWriter out = context.out();
    out.println("# For QEMU " + version + ", RAM being its -m:");
    out.println(
        "-machine memory-backend=ram -object memory-backend-memfd,id=ram,size=RAM,share=on");
    for (int i = 0; i < devices.size(); i++) {
      GuestDevice device = devices.get(i);
      DeviceArguments arguments = new DeviceArguments(device, version, Accelerator.Kind.KVM);
      Path socket = hosted.get(i).socket();
      if (socket.isAbsolute() || device.spec().text("connect").isPresent()) {
        out.println(ShellWords.join(arguments.sockets(socket)));
      } else {
        out.println("# " + device.id() + " is met on " + socket + ", by whoever handed that over.");
      }
      out.println(ShellWords.join(arguments.frontEnd(List.of())));
    }
    if (Quirk.NO_MSIX_FOR_NICS.appliesTo(version, Accelerator.Kind.TCG)
        && devices.stream().anyMatch(GuestDevice::isNic)) {
      out.println("# Without KVM: vectors=0 for each virtio-net-pci.");
    }
    out.flush();
  }
}
