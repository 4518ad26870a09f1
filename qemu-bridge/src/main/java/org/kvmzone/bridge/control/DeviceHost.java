package org.kvmzone.bridge.control;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.control.HostedDevice.Place;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtualMachine;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.bridge.probe.Aggregation;
import org.kvmzone.bridge.probe.Snapshot;
import org.kvmzone.bridge.probe.UnwatchedThread;
import org.kvmzone.bridge.probe.Watch;
import org.kvmzone.bridge.vhostuser.InheritedSocket;

/**
 * The devices of one process: made from SPECs, started together, closed together. Once it runs,
 * single ones can be plugged in and unplugged.
 */
public final class DeviceHost implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DeviceHost.class.getName());

  /**
   * How much nicer a rehearsal is than the process. Guests go before it, and so do the compilers:
   * until they have done what was asked of them, more of a rehearsal is no use. Where all share a
   * CPU it so does in five seconds what takes over ten among equals.
   */
  private static final int REHEARSAL_NICE = 10;

  private enum State {
    MADE,
    STARTED,
    CLOSED
  }

  private final String name;
  private final String mode;
  private final Function<String, Path> sockets;
  private final Optional<VirtualMachine> machine;
  private final Loops loops = new Loops();
  private final List<HostedDevice> devices = new CopyOnWriteArrayList<>();
  private final List<Aggregation> watches = new CopyOnWriteArrayList<>();
  private @Nullable StateDirectory keeping;
  private @Nullable HostControl control;
  private State state = State.MADE; // guarded by this

  /**
   * A host without devices.
   *
   * @param name what operators call it: the guest's, or the service's
   * @param mode {@code plugin} or {@code serve}
   * @param sockets where a device listens, by its id, unless its SPEC says otherwise
   */
  public DeviceHost(String name, String mode, Function<String, Path> sockets) {
    this(name, mode, sockets, Optional.empty());
  }

  /**
   * The same for the devices of one guest.
   *
   * @param machine the guest's, if it can be stopped from here
   */
  public DeviceHost(
      String name, String mode, Function<String, Path> sockets, Optional<VirtualMachine> machine) {
    this.name = name;
    this.mode = mode;
    this.sockets = sockets;
    this.machine = machine;
    // Asked for, so that watches can name them before a device has fired one.
    Providers.all().forEach(DeviceProvider::probes);
  }

  /**
   * Adds a device that listens.
   *
   * @throws SpecException if it cannot be made
   */
  public HostedDevice listen(Spec spec) {
    return add(spec, new Place.Listening(sockets.apply(spec.id())));
  }

  /**
   * Adds a device that connects to {@code socket}, unless its SPEC says otherwise.
   *
   * @throws SpecException if it cannot be made
   */
  public HostedDevice connect(Spec spec, Path socket) {
    return add(spec, new Place.Connecting(socket));
  }

  /**
   * Adds a device whose socket was handed over; it is the device's then.
   *
   * @throws SpecException if it cannot be made
   */
  public HostedDevice inherit(Spec spec, InheritedSocket socket) {
    return add(spec, new Place.Inherited(socket));
  }

  /** Keeps in a directory what is set of devices, from now on, and goes by what is there. */
  public void keepIn(StateDirectory directory) {
    keeping = directory;
  }

  private HostedDevice make(Spec spec, Place place) {
    if (keeping == null) {
      return new HostedDevice(spec, Overrides.NONE, place, loops, machine);
    }
    Overrides kept;
    try {
      kept = keeping.read(name, spec.id());
    } catch (IOException e) {
      throw new SpecException(spec.label() + ": " + e.getMessage(), e);
    }
    if (kept.values().isEmpty()) {
      return new HostedDevice(spec, kept, place, loops, machine);
    }
    Path file = keeping.file(name, spec.id());
    LOG.log(System.Logger.Level.INFO, "{0}: with what is kept in {1}", spec.id(), file);
    try {
      return new HostedDevice(spec, kept, place, loops, machine);
    } catch (SpecException e) {
      throw new SpecException(e.getMessage() + " (with what is kept in " + file + ")", e);
    }
  }

  /**
   * Changes properties of a device, and keeps them unless they are {@code temporary}; see {@link
   * HostedDevice#adjust}.
   *
   * @throws ControlException if there is no such device, or they cannot be kept; in that case they
   *     hold all the same
   */
  Set<String> adjust(String id, Map<String, String> changes, List<String> resets, boolean temporary)
      throws ControlException {
    HostedDevice device = device(id);
    if (!temporary) {
      checkKeeping(id);
    }
    Set<String> later = device.adjust(changes, resets, temporary);
    if (!temporary && keeping != null) {
      try {
        keeping.write(name, id, device.kept());
      } catch (IOException e) {
        throw new ControlException(id + ": set, but it could not be kept: " + e);
      }
    }
    return later;
  }

  private void checkKeeping(String id) throws ControlException {
    if (keeping == null) {
      throw new ControlException(
          name
              + " keeps nothing, having no name of its own, or no directory (KVMZONE_STATE): with -t,"
              + " what is done to "
              + id
              + " lasts until it ends");
    }
  }

  private HostedDevice add(Spec spec, Place place) {
    refuseSecond(spec);
    HostedDevice device = make(spec, place);
    devices.add(device);
    return device;
  }

  private void refuseSecond(Spec spec) {
    if (find(spec.id()) != null) {
      throw new SpecException(spec.label() + ": another device has this id");
    }
  }

  /**
   * Lets the data path of these kinds of devices work for guests that do not exist, so that it is
   * compiled before the first real one needs it.
   *
   * @param time how long about
   * @return the thread that does it
   */
  public Thread rehearse(Duration time) {
    // Of each kind together: providers are made anew for each device.
    Map<String, List<HostedDevice>> kinds = new LinkedHashMap<>();
    for (HostedDevice device : devices) {
      kinds.computeIfAbsent(device.provider().word(), first -> new ArrayList<>()).add(device);
    }
    long each = time.toNanos() / Math.max(1, kinds.size());
    Thread thread =
        new UnwatchedThread(
            name + "-rehearsal",
            () -> {
              Unistd.nice(REHEARSAL_NICE);
              kinds.values().forEach(alike -> rehearse(alike, each));
            });
    thread.start();
    return thread;
  }

  private void rehearse(List<HostedDevice> alike, long nanos) {
    DeviceProvider kind = alike.getFirst().provider();
    try {
      kind.rehearse(alike.stream().map(HostedDevice::spec).toList(), nanos);
    } catch (RuntimeException e) {
      // What could not be rehearsed is slow for its first moments, no more than that.
      LOG.log(System.Logger.Level.WARNING, name + ": no rehearsal of " + kind.word() + ": " + e);
    }
  }

  /** Starts all devices; front ends are answered from now on. */
  public synchronized void start() {
    if (state == State.MADE) {
      devices.forEach(HostedDevice::start);
      state = State.STARTED;
    }
  }

  /**
   * Adds a device to a host that runs, and starts it. Called by one thread at a time.
   *
   * @param keep for the host's next start, too
   * @throws SpecException if it cannot be made
   * @throws ControlException if the host does not run yet, or no more; or the device cannot be kept
   */
  HostedDevice plug(Spec spec, boolean keep) throws ControlException {
    refuseSecond(spec);
    checkRunning();
    if (keep) {
      checkKeeping(spec.id());
    }
    HostedDevice device = make(spec, new Place.Listening(sockets.apply(spec.id())));
    try {
      synchronized (this) {
        checkRunning(); // making it may have taken its time
        if (keep && keeping != null) {
          keeping.create(name, spec);
        }
        device.start();
        devices.add(device);
      }
    } catch (IOException e) {
      device.close();
      throw new ControlException(spec.id() + " is not made, for it could not be kept: " + e);
    } catch (ControlException | RuntimeException e) {
      device.close();
      throw e;
    }
    LOG.log(System.Logger.Level.INFO, device.id() + ": plugged in");
    return device;
  }

  private synchronized void checkRunning() throws ControlException {
    if (state != State.STARTED) {
      throw new ControlException(name + (state == State.MADE ? " has not started" : " is ending"));
    }
  }

  /**
   * Closes a device of a running host, and forgets it.
   *
   * @param force although a front end is connected, whose guest loses the device
   * @param temporary what is kept of it stays
   * @throws ControlException if there is none of this id, or it is in use
   */
  void unplug(String id, boolean force, boolean temporary) throws ControlException {
    HostedDevice device = device(id);
    if (device.isConnected() && !force) {
      throw new ControlException(
          id
              + " has a front end, whose guest would lose it: detach it in QEMU first (device_del,"
              + " then netdev_del or, of a disk, chardev-remove), or force it");
    }
    synchronized (this) {
      checkRunning();
      devices.remove(device);
    }
    device.close();
    if (!temporary && keeping != null) {
      try {
        keeping.destroy(name, id);
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, id + ": what is kept of it is still there: " + e);
      }
    }
    LOG.log(System.Logger.Level.INFO, id + ": unplugged");
  }

  /**
   * The device of this id.
   *
   * @throws ControlException if there is none
   */
  HostedDevice device(String id) throws ControlException {
    HostedDevice device = find(id);
    if (device == null) {
      throw new ControlException(name + " has no device " + id);
    }
    return device;
  }

  private @Nullable HostedDevice find(String id) {
    return devices.stream().filter(device -> device.id().equals(id)).findAny().orElse(null);
  }

  /**
   * Answers on the control socket of this name from now on.
   *
   * @throws IOException if another process of the name is running, or the socket cannot be had
   */
  public void control() throws IOException {
    control(RunDirectory.standard());
  }

  /**
   * The same in another run directory.
   *
   * @throws IOException if another process of the name is running, or the socket cannot be had
   */
  public void control(RunDirectory directory) throws IOException {
    control = new HostControl(this, directory.prepare(name));
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
    synchronized (this) {
      state = State.CLOSED;
    }
    // All at once, so that the times for which requests may hang do not add up.
    devices.forEach(HostedDevice::stop);
    if (control != null) {
      control.close();
    }
    devices.reversed().forEach(HostedDevice::close);
    watches.forEach(Aggregation::close);
  }
}
