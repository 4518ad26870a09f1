package org.kvmzone.bridge.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.control.HostedDevice;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.bridge.control.StateDirectory;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.VirtualMachine;
import org.kvmzone.bridge.ffi.QemuRunstate;
import org.kvmzone.bridge.probe.Watch;

/** The devices of a guest in its own QEMU, and the sockets between the two. */
final class PluginHost implements AutoCloseable {
  private final DeviceHost host;
  private final Path directory;
  private final List<Path> sockets = new ArrayList<>();
  private final Duration warmUp;
  private final List<String> options = new ArrayList<>();

  private PluginHost(String name, RunDirectory run, Duration warmUp) {
    this.warmUp = warmUp;
    directory = run.path().resolve(name);
    Optional<VirtualMachine> machine = QemuRunstate.ofThisProcess().map(qemu -> qemu::requestStop);
    host =
        new DeviceHost(name, "plugin", id -> directory.resolve("device-" + id + ".sock"), machine);
  }

  /**
   * Makes the devices, not yet started; the control socket answers.
   *
   * @param run where it and the chardevs' sockets are, in a directory of the guest's name
   * @throws IOException if a guest of this name is running, or there is no place for sockets
   * @throws org.kvmzone.bridge.device.SpecException if a device cannot be made
   * @throws org.kvmzone.bridge.probe.WatchException if a watch cannot be followed
   */
  static PluginHost create(PluginArguments arguments, RunDirectory run) throws IOException {
    PluginHost made = new PluginHost(arguments.name(), run, arguments.warmUp());
    try {
      made.host.control(run); // first: the directory is this process' alone from now on
      if (!arguments.name().equals("qemu-" + ProcessHandle.current().pid())) {
        StateDirectory.standard().ifPresent(made.host::keepIn);
      }
      arguments.devices().forEach(made::add);
      // Now that the devices have defined their probes.
      arguments.watches().forEach(watch -> made.host.watch(Watch.parse(watch)));
      return made;
    } catch (IOException | RuntimeException | Error e) {
      made.close();
      throw e;
    }
  }

  /** Nothing is asked of QEMU for a device whose SPEC says where another front end is met. */
  private void add(Spec spec) {
    Path socket = directory.resolve("chardev-" + spec.id() + ".sock");
    HostedDevice device = host.connect(spec, socket);
    if (spec.text("listen").isPresent() || spec.text("connect").isPresent()) {
      return;
    }
    String id = device.id();
    String path = socket.toString().replace(",", ",,");
    sockets.add(socket);
    options.add("chardev socket,id=" + id + ",path=" + path + ",server=on,wait=off");
    if (device.frontEnd() == FrontEnd.NETDEV) {
      int pairs = device.queueCount() / 2;
      options.add("netdev vhost-user,id=" + id + ",chardev=" + id + ",queues=" + pairs);
    }
  }

  /** What QEMU is to add: {@code chardev OPTIONS}, {@code netdev OPTIONS}. */
  List<String> options() {
    return List.copyOf(options);
  }

  /** Starts the devices: they connect to their chardevs, and answer. */
  void start() {
    host.start();
    // Not before: until its first instruction the guest is waiting for us.
    CompletableFuture<?>[] used =
        host.devices().stream().map(HostedDevice::used).toArray(CompletableFuture[]::new);
    if (used.length > 0 && !warmUp.isZero()) {
      var _ = CompletableFuture.anyOf(used).thenRun(() -> host.rehearse(warmUp));
    }
  }

  /** Closes the devices. The sockets are QEMU's, which does not remove them when it fails early. */
  @Override
  public void close() throws IOException {
    try {
      for (Path socket : sockets) {
        Files.deleteIfExists(socket);
      }
    } finally {
      host.close(); // last: it gives the directory up
    }
  }
}
