package org.kvmzone.bridge.control;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.Adjustable;
import org.kvmzone.bridge.device.Capturable;
import org.kvmzone.bridge.device.Capture;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.device.Limited;
import org.kvmzone.bridge.device.NetworkDevice;
import org.kvmzone.bridge.device.Resizable;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.device.VirtualMachine;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.vhostuser.Connector;
import org.kvmzone.bridge.vhostuser.Endpoint;
import org.kvmzone.bridge.vhostuser.InheritedSocket;
import org.kvmzone.bridge.vhostuser.Listener;
import org.kvmzone.bridge.vhostuser.OneConnection;
import org.kvmzone.bridge.vhostuser.Session;
import org.kvmzone.bridge.vhostuser.SessionStatistics;

/** A device of a host: the device, its threads, and the socket where its front end is met. */
public final class HostedDevice implements AutoCloseable {
  private static final Logger LOG = System.getLogger(HostedDevice.class.getName());

  private final DeviceProvider provider;
  private final Spec written; // its SPEC, before anything was set
  private Overrides kept; // guarded by this, as is held
  private Overrides held; // those, and what is only set until the process ends
  private final VirtioDevice device;
  private final DeviceLoops loops;
  private final SessionStatistics statistics;
  private final Endpoint endpoint;
  private final Spec spec; // with what was set and kept
  private final Path socket;
  private final long made = System.nanoTime();
  private volatile @Nullable Session session; // the last
  private volatile boolean linkUp = true;
  private final AtomicBoolean suspended = new AtomicBoolean();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  /** Where a device meets its front end, unless its SPEC says otherwise. */
  sealed interface Place {
    /** On a socket of its own. */
    record Listening(Path socket) implements Place {}

    /** On a socket of the front end's. */
    record Connecting(Path socket) implements Place {}

    /** On a socket that was handed over; the SPEC cannot say otherwise. */
    record Inherited(InheritedSocket socket) implements Place {}
  }

  /**
   * Makes a device, not yet started.
   *
   * @param written its SPEC
   * @param overrides what was set of it besides, and kept
   * @param threads the host's
   * @param machine whose device it is, unless its front end is another's
   * @throws SpecException if the SPEC, or what it names, cannot be used
   */
  HostedDevice(
      Spec written,
      Overrides overrides,
      Place place,
      Loops threads,
      Optional<VirtualMachine> machine) {
    this.written = written;
    spec = overrides.on(written);
    kept = overrides;
    held = overrides;
    provider = Providers.of(spec);
    LoopSettings.of(spec).checkCpus(spec);
    boolean another = spec.text("listen").isPresent() || spec.text("connect").isPresent();
    device = provider.create(spec, another ? Optional.empty() : machine);
    statistics = new SessionStatistics(device.queueCount());
    loops = loops(threads, spec);
    try {
      Place chosen = chosen(spec, place);
      socket =
          switch (chosen) {
            case Place.Listening(Path path) -> path;
            case Place.Connecting(Path path) -> path;
            case Place.Inherited(InheritedSocket inherited) -> inherited.name();
          };
      endpoint = endpoint(chosen);
    } catch (IOException | NativeException | IllegalArgumentException e) {
      loops.close();
      device.close();
      throw new SpecException(spec.label() + ": " + e.getMessage(), e);
    }
  }

  private DeviceLoops loops(Loops threads, Spec spec) {
    try {
      return new DeviceLoops(threads, spec, device, this::loopDied);
    } catch (SpecException refused) {
      device.close();
      throw refused;
    } catch (NativeException e) {
      device.close();
      throw new SpecException(spec.label() + ": " + e.getMessage(), e);
    }
  }

  private static Place chosen(Spec spec, Place place) {
    Optional<String> listen = spec.text("listen");
    Optional<String> connect = spec.text("connect");
    if (listen.isEmpty() && connect.isEmpty()) {
      return place;
    }
    if (place instanceof Place.Inherited) {
      throw new IllegalArgumentException("its socket was handed over: no listen=, no connect=");
    }
    return connect.isPresent()
        ? new Place.Connecting(Path.of(connect.get()))
        : new Place.Listening(Path.of(listen.orElseThrow()));
  }

  private Endpoint endpoint(Place place) throws IOException {
    String id = device.id();
    return switch (place) {
      case Place.Listening(Path path) -> new Listener(id, path, this::session);
      case Place.Connecting(Path path) -> new Connector(id, path, this::session);
      case Place.Inherited(InheritedSocket inherited) ->
          inherited.listens()
              ? new Listener(id, inherited, this::session)
              : new OneConnection(id, inherited, this::session, () -> ended.complete(null));
    };
  }

  private Session session(Fd connection) {
    Session begun = new Session(device, loops.queueLoops(), connection, statistics);
    session = begun;
    return begun;
  }

  /**
   * Takes the size that the device's storage has now, and tells the guest.
   *
   * @param wanted what the storage is to be grown to first, bytes
   * @return the size from now on
   * @throws SpecException if that cannot be; nothing has changed then
   */
  Resized resize(OptionalLong wanted) {
    if (!(device instanceof Resizable resizable)) {
      throw new SpecException(report().kind() + " " + id() + ": it has no size");
    }
    long size = resizable.resize(wanted);
    Session now = session;
    return new Resized(size, now != null && now.configChanged());
  }

  /**
   * Changes what the device may do in a second.
   *
   * @return its limits from now on, as {@link Limited#limit}
   * @throws SpecException if that cannot be; nothing has changed then
   */
  Map<String, String> limit(Map<String, String> changes) {
    if (!(device instanceof Limited limited)) {
      throw new SpecException(report().kind() + " " + id() + ": it has no limits");
    }
    return limited.limit(changes);
  }

  /**
   * Changes properties.
   *
   * @param changes by their names in a SPEC; what is empty is as if the SPEC did not have it
   * @param resets properties that are to be as the SPEC has them
   * @param temporary not to be kept
   * @return those that hold from the next start on, not now
   * @throws SpecException if that cannot be; nothing has changed then
   */
  synchronized Set<String> adjust(
      Map<String, String> changes, List<String> resets, boolean temporary) {
    if (!(device instanceof Adjustable adjustable)) {
      throw new SpecException(
          report().kind() + " " + id() + ": its properties cannot change while it runs");
    }
    Overrides wanted = held.with(changes).without(resets);
    Spec whole = wanted.on(written);
    DeviceProvider _ = Providers.of(whole); // which knows all names
    Set<String> later = adjustable.adjust(whole);
    held = wanted;
    if (!temporary) {
      kept = kept.with(changes).without(resets).needed(written);
    }
    return later;
  }

  /**
   * Begins to record what passes.
   *
   * @throws SpecException if that cannot be
   */
  Capture capture(Map<String, String> options) {
    if (!(device instanceof Capturable capturable)) {
      throw new SpecException(report().kind() + " " + id() + ": it is no NIC, nothing is captured");
    }
    return capturable.capture(options);
  }

  /** What is to be kept of it. */
  synchronized Overrides kept() {
    return kept;
  }

  /** What became of a device's size, in bytes, and whether the front end was told. */
  record Resized(long size, boolean told) {}

  /**
   * The link below a network card is up, or down. What vhost-user cannot say, its connection does:
   * while there is none, QEMU tells the guest that the link is down. A front end that has not begun
   * is left alone, since QEMU would wait for it.
   */
  private void link(boolean up) {
    linkUp = up;
    var _ =
        statistics
            .used()
            .thenRun(() -> {
              if (suspended.getAndSet(!linkUp) == linkUp) {
                LOG.log(Level.INFO, id() + ": link " + (linkUp ? "up" : "down"));
              }
              endpoint.suspend(!linkUp);
            });
  }

  /** A thread that serves queues is gone: better no device than one that hangs its front end. */
  private void loopDied(Throwable death) {
    LOG.log(Level.ERROR, device.id() + ": out of service", death);
    Thread closer = new Thread(endpoint::close, device.id() + "-close");
    closer.setDaemon(true);
    closer.start();
  }

  /** Starts the device's threads, and meets its front end. */
  void start() {
    if (device instanceof NetworkDevice card) {
      card.onLink(this::link);
    }
    loops.start();
    endpoint.start();
  }

  /** The device's name. */
  public String id() {
    return device.id();
  }

  /** How QEMU attaches to it. */
  public FrontEnd frontEnd() {
    return provider.frontEnd();
  }

  /** How many queues it has. */
  public int queueCount() {
    return device.queueCount();
  }

  /** Where its front end is met. */
  public Path socket() {
    return socket;
  }

  /** What it was made of. */
  Spec spec() {
    return spec;
  }

  /** What it was made by. */
  DeviceProvider provider() {
    return provider;
  }

  /** Completed when its first ring starts. */
  public CompletableFuture<Void> used() {
    return statistics.used();
  }

  /** Whether a front end is connected. */
  public boolean isConnected() {
    return statistics.isConnected();
  }

  /** Completed when the last front end has gone that there can be; for most devices, never. */
  public CompletableFuture<Void> ended() {
    return ended.copy();
  }

  /** What it says of itself, with what is counted of its connections, queues and threads. */
  public DeviceReport report() {
    DeviceReport own = device.report();
    Map<String, String> properties = new LinkedHashMap<>(own.properties());
    properties.putAll(loops.properties());
    Map<String, Long> counters = new LinkedHashMap<>(own.counters());
    counters.putAll(statistics.counters());
    counters.putAll(loops.counters());
    counters.put("crtime", made);
    counters.put("snaptime", System.nanoTime());
    return new DeviceReport(own.kind(), properties, counters, own.parts());
  }

  /** Ends the connection; returns at once. */
  void stop() {
    endpoint.stop();
  }

  /**
   * Ends the connection, the threads and the device, in that order. Where requests hang, threads
   * and device are kept until they have come back: nobody else could tell when that is.
   */
  @Override
  public void close() {
    endpoint.close();
    CompletableFuture<Void> stopped = loops.stopped();
    if (stopped.isDone()) {
      end();
      return;
    }
    LOG.log(
        Level.WARNING,
        device.id() + ": its requests hang: what it stands on stays open until they come back");
    // Not by the thread that finds out, which is to end.
    var _ =
        stopped.thenRun(() -> {
          Thread closer = new Thread(this::endLate, device.id() + "-close");
          closer.setDaemon(true);
          closer.start();
        });
  }

  private void endLate() {
    end();
    LOG.log(Level.INFO, device.id() + ": its requests have come back, it is closed");
  }

  private void end() {
    loops.close();
    device.close();
  }
}
