package org.kvmzone.bridge.testing;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.vhostuser.Session;
import org.kvmzone.bridge.vhostuser.SessionStatistics;

/** A device with its threads, as a host has it, which front ends meet on pairs of sockets. */
public final class Served implements AutoCloseable {
  private final VirtioDevice device;
  private final SessionStatistics statistics;
  private final List<QueueLoop> loops = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> death = new AtomicReference<>();
  private final List<Thread> sessions = new ArrayList<>();
  private @Nullable Session session;

  /** Serves a device, which it closes in the end. */
  public Served(VirtioDevice device) {
    this.device = device;
    statistics = new SessionStatistics(device.queueCount());
    for (int i = 0; i < device.loopCount(); i++) {
      QueueLoop loop = new QueueLoop(device.id() + "-" + i, 0, death::set);
      for (EventSource source : device.sources(i)) {
        loop.add(source);
      }
      loops.add(loop);
      loop.start();
    }
  }

  /** The device's name. */
  public String id() {
    return device.id();
  }

  /** A front end comes; the one before has been closed, or is left to itself. */
  public FrontEnd connect() {
    Fd[] pair = FrontEnd.pair();
    session = newSession(pair[1]);
    Thread serving = new Thread(session::run, device.id() + "-session");
    serving.setDaemon(true);
    sessions.removeIf(former -> !former.isAlive());
    sessions.add(serving);
    serving.start();
    return new FrontEnd(pair[0]);
  }

  /** A session, not running, on a socket. */
  public Session newSession(Fd socket) {
    return new Session(device, loops, socket, statistics);
  }

  /** Ends the last session from outside, as closing a host does. */
  public void endSession() {
    if (session != null) {
      session.close();
    }
  }

  /** Waits until no session runs. */
  public void awaitEnd() {
    for (Thread serving : sessions) {
      Await.until("the end of " + serving.getName(), () -> !serving.isAlive());
    }
  }

  /** Whether a front end is connected. */
  public boolean isConnected() {
    return statistics.isConnected();
  }

  /** A counter of the device's, its sessions' or its queues'. */
  public long count(String kstat) {
    return statistics
        .counters()
        .getOrDefault(kstat, device.report().counters().getOrDefault(kstat, 0L));
  }

  /** Processor time that the device's threads have used so far, in nanoseconds. */
  public long processorNanos() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches(device.id() + "-[0-9]+"))
        .mapToLong(thread -> threads.getThreadCpuTime(thread.threadId()))
        .sum();
  }

  /** Ends sessions, threads and device; an error if a thread had died. */
  @Override
  public void close() {
    endSession();
    awaitEnd();
    loops.forEach(QueueLoop::close);
    device.close();
    Throwable dead = death.get();
    if (dead != null) {
      throw new AssertionError(device.id() + ": a thread died", dead);
    }
  }
}
