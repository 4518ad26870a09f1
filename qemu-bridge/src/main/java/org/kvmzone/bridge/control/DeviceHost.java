package org.kvmzone.bridge.control;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.probe.Aggregation;
import org.kvmzone.bridge.probe.Snapshot;
import org.kvmzone.bridge.probe.Watch;

/** The devices of one process: made from SPECs, started together, closed together. */
public final class DeviceHost implements AutoCloseable {
  private final String name;
  private final String mode;
  private final List<HostedDevice> devices = new CopyOnWriteArrayList<>();
  private final List<Aggregation> watches = new CopyOnWriteArrayList<>();
  private @Nullable HostControl control;

  /**
   * A host without devices.
   *
   * @param name what operators call it: the guest's, or the service's
   * @param mode {@code plugin} or {@code serve}
   */
  public DeviceHost(String name, String mode) {
    this.name = name;
    this.mode = mode;
    // Asked for, so that watches can name them before a device has fired one.
    Providers.all().forEach(DeviceProvider::probes);
  }

  /**
   * Adds a device that listens at {@code socket}, unless its SPEC says otherwise.
   *
   * @throws SpecException if it cannot be made
   */
  public HostedDevice listen(Spec spec, Path socket) {
    return add(spec, socket, false);
  }

  /**
   * Adds a device that connects to {@code socket}, unless its SPEC says otherwise.
   *
   * @throws SpecException if it cannot be made
   */
  public HostedDevice connect(Spec spec, Path socket) {
    return add(spec, socket, true);
  }

  private HostedDevice add(Spec spec, Path socket, boolean connects) {
    String id = spec.id();
    if (devices.stream().anyMatch(device -> device.id().equals(id))) {
      throw new SpecException(spec.label() + ": another device has this id");
    }
    HostedDevice device = new HostedDevice(spec, socket, connects);
    devices.add(device);
    return device;
  }

  /** Starts all devices; front ends are answered from now on. */
  public void start() {
    devices.forEach(HostedDevice::start);
  }

  /**
   * Answers on the control socket of this name from now on.
   *
   * @throws IOException if another process of the name is running, or the socket cannot be had
   */
  public void control() throws IOException {
    control = new HostControl(this, RunDirectory.standard().prepare(name));
  }

  /** Watches a probe for as long as the host lives. */
  public void watch(Watch watch) {
    watches.add(watch.start());
  }

  /** What the watched probes have told so far. */
  List<Snapshot> snapshots() {
    return watches.stream().map(Aggregation::snapshot).toList();
  }

  /** What operators call this host. */
  public String name() {
    return name;
  }

  /** {@code plugin} or {@code serve}. */
  public String mode() {
    return mode;
  }

  /** The devices, in the order in which they were added. */
  public List<HostedDevice> devices() {
    return List.copyOf(devices);
  }

  /** Closes all devices. */
  @Override
  public void close() {
    if (control != null) {
      control.close();
    }
    devices.reversed().forEach(HostedDevice::close);
    watches.forEach(Aggregation::close);
  }
}
