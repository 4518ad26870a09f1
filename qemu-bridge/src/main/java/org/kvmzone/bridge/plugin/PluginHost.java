package org.kvmzone.bridge.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.control.HostedDevice;
import org.kvmzone.bridge.control.StderrLoggerFinder;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.probe.Watch;
import org.kvmzone.bridge.probe.WatchException;

/** The devices of a guest in its own QEMU, and the sockets between the two. */
final class PluginHost implements AutoCloseable {
  private static final Logger LOG = System.getLogger(PluginHost.class.getName());

  private final DeviceHost host;
  private final PrivateDirectory directory;
  private final List<String> options = new ArrayList<>();

  /**
   * Makes the devices, not yet started.
   *
   * @throws SpecException if one cannot be made; none is left then
   */
  PluginHost(PluginArguments arguments) {
    StderrLoggerFinder.name(arguments.name());
    StderrLoggerFinder.threshold(arguments.logLevel());
    host = new DeviceHost(arguments.name(), "plugin");
    directory = new PrivateDirectory(arguments.name());
    try {
      arguments.devices().forEach(this::add);
      arguments.watches().forEach(this::watch);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private void add(Spec spec) {
    HostedDevice device = host.connect(spec, directory.resolve(spec.id() + ".sock"));
    if (spec.text("listen").isPresent() || spec.text("connect").isPresent()) {
      return; // its front end is another than this QEMU, or chardev and all are the operator's
    }
    String id = device.id();
    String path = device.socket().toString().replace(",", ",,");
    options.add("chardev socket,id=" + id + ",path=" + path + ",server=on,wait=off");
    if (device.frontEnd() == FrontEnd.NETDEV) {
      int pairs = device.queueCount() / 2;
      options.add("netdev vhost-user,id=" + id + ",chardev=" + id + ",queues=" + pairs);
    }
  }

  private void watch(String expression) {
    try {
      host.watch(Watch.parse(expression));
    } catch (WatchException e) {
      throw new SpecException("watch=" + e.getMessage(), e);
    }
  }

  /** What QEMU is to add: {@code chardev OPTIONS}, {@code netdev OPTIONS}. */
  List<String> options() {
    return List.copyOf(options);
  }

  /** Starts the devices: they connect to their chardevs, and answer. */
  void start() {
    host.start();
    try {
      host.control();
    } catch (IOException e) {
      // A guest can do without: it is only out of sight of the other commands.
      LOG.log(Level.WARNING, "no control socket: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    host.close();
    try {
      directory.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }
}
