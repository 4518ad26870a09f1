package org.kvmzone.bridge.control;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.Resizable;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.vhostuser.Connector;
import org.kvmzone.bridge.vhostuser.Endpoint;
import org.kvmzone.bridge.vhostuser.Listener;
import org.kvmzone.bridge.vhostuser.Session;
import org.kvmzone.bridge.vhostuser.SessionStatistics;

/** A device of a host: the device, its threads, and the socket where its front end is met. */
public final class HostedDevice implements AutoCloseable {
  private static final Logger LOG = System.getLogger(HostedDevice.class.getName());
  private static final int DEFAULT_POLL_MICROS = 32;

  private final FrontEnd frontEnd;
  private final VirtioDevice device;
  private final List<QueueLoop> loops = new ArrayList<>();
  private final SessionStatistics statistics;
  private final Endpoint endpoint;
  private final Path socket;
  private volatile @Nullable Session session; // the last

  /**
   * Makes a device, not yet started.
   *
   * @param socket where it listens unless its SPEC says otherwise
   * @param connects whether it connects there instead
   * @throws SpecException if the SPEC, or what it names, cannot be used
   */
  HostedDevice(Spec spec, Path socket, boolean connects) {
    DeviceProvider provider = Providers.of(spec);
    frontEnd = provider.frontEnd();
    device = provider.create(spec);
    long poll = spec.number("poll_us", 0, 1_000_000, DEFAULT_POLL_MICROS);
    statistics = new SessionStatistics(device.queueCount());
    try {
      for (int i = 0; i < device.loopCount(); i++) {
        loops.add(
            new QueueLoop(
                device.id() + "-" + i, TimeUnit.MICROSECONDS.toNanos(poll), this::loopDied));
      }
      boolean connect = spec.text("connect").isPresent() || (connects && !listens(spec));
      this.socket = Path.of(spec.text("connect").or(() -> spec.text("listen")).orElse("" + socket));
      endpoint =
          connect
              ? new Connector(device.id(), this.socket, this::session)
              : new Listener(device.id(), this.socket, this::session);
    } catch (IOException | NativeException | IllegalArgumentException e) {
      loops.forEach(QueueLoop::close);
      device.close();
      throw new SpecException(spec.label() + ": " + e.getMessage(), e);
    }
  }

  private static boolean listens(Spec spec) {
    return spec.text("listen").isPresent();
  }

  private Session session(Fd connection) {
    Session begun = new Session(device, loops, connection, statistics);
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

  /** What became of a device's size, in bytes, and whether the front end was told. */
  record Resized(long size, boolean told) {}

  /** A thread that serves queues is gone: better no device than one that hangs its front end. */
  private void loopDied(Throwable death) {
    LOG.log(Level.ERROR, device.id() + ": out of service", death);
    Thread closer = new Thread(endpoint::close, device.id() + "-close");
    closer.setDaemon(true);
    closer.start();
  }

  /** Starts the device's threads, and meets its front end. */
  void start() {
    for (int i = 0; i < loops.size(); i++) {
      for (EventSource source : device.sources(i)) {
        loops.get(i).add(source);
      }
      loops.get(i).start();
    }
    endpoint.start();
  }

  /** The device's name. */
  public String id() {
    return device.id();
  }

  /** How QEMU attaches to it. */
  public FrontEnd frontEnd() {
    return frontEnd;
  }

  /** How many queues it has. */
  public int queueCount() {
    return device.queueCount();
  }

  /** Where its front end is met. */
  public Path socket() {
    return socket;
  }

  /** Whether a front end is connected. */
  public boolean isConnected() {
    return statistics.isConnected();
  }

  /** What the device says of itself, with what is counted of its connections and queues. */
  public DeviceReport report() {
    DeviceReport own = device.report();
    Map<String, Long> counters = new LinkedHashMap<>(own.counters());
    counters.putAll(statistics.counters());
    return new DeviceReport(own.kind(), own.properties(), counters);
  }

  /** Ends the connection, the threads and the device, in that order. */
  @Override
  public void close() {
    endpoint.close();
    loops.forEach(QueueLoop::close);
    device.close();
  }
}
