package org.kvmzone.bridge.device;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.probe.UnwatchedThread;

/**
 * The one shape of a data thread: serve every queue and source, up to a budget each; when nothing
 * was done, look again for a bounded time, if that has been worth it ({@link Patience}); then ask
 * for kicks, look once more, and sleep.
 *
 * <p>Kicks, sources and wake-ups are waited for edge-triggered, so that nothing has to be read from
 * them: whatever descriptor a front end passes, it can wake the thread but not keep it awake. One
 * broken queue, or a device that throws, stops that queue only; should the thread itself die,
 * {@code onDeath} is told, so that no front end waits for it for ever.
 */
public final class QueueLoop implements AutoCloseable {
  private static final Logger LOG = System.getLogger(QueueLoop.class.getName());

  /** Chains per queue and turn: the batch size beyond which nothing is gained (performance.md). */
  private static final int BUDGET = 256;

  /** How long to wait for a turn to end. */
  private static final long ENDING_MILLIS = 1000;

  private final Epoll epoll = new Epoll();
  private final LoopSources sources = new LoopSources(epoll);
  private final Fd wake = Fd.event();
  private final Patience patience;
  private final Optional<Cpus> cpus;
  private final Consumer<Throwable> onDeath;
  private final Thread thread;
  private final BusyTime busy = new BusyTime();

  private volatile LoopEntry[] entries = {};
  private volatile boolean sleeping;
  private volatile boolean closing;

  /** A loop that is not yet running, and may run on any CPU. */
  public QueueLoop(String name, long pollNanos, Consumer<Throwable> onDeath) {
    this(name, pollNanos, Optional.empty(), onDeath);
  }

  /**
   * A loop that is not yet running.
   *
   * @param pollNanos how long to look for work at most before sleeping, 0 and up
   * @param cpus where alone the thread is to run
   * @param onDeath told when the thread ends by a mistake, or has none of these CPUs
   */
  public QueueLoop(String name, long pollNanos, Optional<Cpus> cpus, Consumer<Throwable> onDeath) {
    this(pollNanos, cpus, onDeath, work -> new Thread(work, name));
  }

  private QueueLoop(
      long pollNanos,
      Optional<Cpus> cpus,
      Consumer<Throwable> onDeath,
      Function<Runnable, Thread> newThread) {
    patience = new Patience(pollNanos);
    this.cpus = cpus;
    this.onDeath = onDeath;
    epoll.addInput(wake.number());
    thread = newThread.apply(this::run);
    thread.setDaemon(true);
  }

  /** A loop for guests that do not exist, which is not yet running: nobody sees what it does. */
  public static QueueLoop unwatched(String name, long pollNanos) {
    return new QueueLoop(
        pollNanos, Optional.empty(), death -> {}, work -> new UnwatchedThread(name, work));
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  /**
   * Adds a source.
   *
   * @throws org.kvmzone.bridge.ffi.NativeException if its descriptor cannot be waited for
   */
  public void add(EventSource source) {
    sources.add(source);
    wake();
  }

  /** Removes a source; the thread may be in it for the rest of this turn. */
  public void remove(EventSource source) {
    sources.remove(source);
  }

  /**
   * Adds a queue, and serves it at once: a driver may have kicked before.
   *
   * @param kick readable when the driver kicks; stays the caller's, who keeps it open until {@link
   *     #remove}
   * @throws org.kvmzone.bridge.ffi.NativeException if it cannot be waited for
   */
  public synchronized void add(
      VirtioDevice device, DeviceQueue queue, Fd kick, Consumer<DeviceQueue> onFault) {
    epoll.addInput(kick.number());
    List<LoopEntry> more = new ArrayList<>(List.of(entries));
    more.add(new LoopEntry(device, queue, kick.number(), onFault));
    entries = more.toArray(LoopEntry[]::new);
    wake();
  }

  /** Removes a queue that is stopped. */
  public synchronized void remove(DeviceQueue queue) {
    for (LoopEntry entry : entries) {
      if (entry.queue() == queue) {
        epoll.remove(entry.kick());
      }
    }
    entries = Arrays.stream(entries).filter(e -> e.queue() != queue).toArray(LoopEntry[]::new);
  }

  /**
   * Removes what is left of a device, even queues that are not stopped; the loop serves others on.
   * When this returns, the thread is not in the device any more, unless a turn takes over a second.
   *
   * @param its the sources that were added for it
   */
  @SuppressWarnings("ReferenceEquality") // this one, not one like it
  public void remove(VirtioDevice device, List<EventSource> its) {
    CountDownLatch over = new CountDownLatch(1);
    EventSource end = turnEnd(over);
    synchronized (this) {
      its.forEach(this::remove);
      for (LoopEntry entry : entries) {
        if (entry.device() == device) {
          remove(entry.queue());
        }
      }
      sources.add(end);
    }
    if (thread.isAlive()) {
      wake();
      await(over);
    }
    remove(end);
  }

  /**
   * Completed when all of a device's queues that are still here have stopped: those of connections
   * that have ended do, when what hangs in them has come back.
   */
  @SuppressWarnings("ReferenceEquality") // this one, not one like it
  public CompletableFuture<Void> stopped(VirtioDevice device) {
    if (!thread.isAlive()) {
      return CompletableFuture.completedFuture(null); // nobody is left who could find out
    }
    return CompletableFuture.allOf(
        Arrays.stream(entries)
            .filter(entry -> entry.device() == device)
            .map(entry -> entry.queue().stopped())
            .toArray(CompletableFuture[]::new));
  }

  /** Polled in a turn that began after it was added: the one before has ended. */
  private static EventSource turnEnd(CountDownLatch over) {
    return new EventSource() {
      @Override
      public int fd() {
        return -1; // nothing to wait for
      }

      @Override
      public void watch(Epoll epoll) {}

      @Override
      public void unwatch(Epoll epoll) {}

      @Override
      public int poll(int budget) {
        over.countDown();
        return 0;
      }
    };
  }

  private static void await(CountDownLatch latch) {
    try {
      boolean ignored = latch.await(ENDING_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Makes the thread take a turn, if it sleeps; from any thread. */
  public void wake() {
    // What the caller wrote is out before it is asked whether the thread sleeps; the thread says
    // that it sleeps before it looks a last time. One of the two sees the other.
    VarHandle.fullFence();
    if (sleeping) {
      SysEventfd.signal(wake.number());
    }
  }

  /**
   * Nanoseconds in turns that found work, so far, with the turn after each run of them, which did
   * not; from any thread.
   */
  public long busyNanos() {
    return busy.nanos(System::nanoTime);
  }

  /** How many turns have found work so far; from any thread. */
  public long turns() {
    return busy.turns();
  }

  /** Ends the thread, waiting for its turn to end, a second at most; again does nothing. */
  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    SysEventfd.signal(wake.number());
    try {
      thread.join(ENDING_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!thread.isAlive()) {
      sources.clear();
      epoll.close();
      wake.close();
    }
  }

  private void run() {
    try {
      cpus.ifPresent(Cpus::bindThread);
      busy.idle(System.nanoTime());
      long idleSince = 0;
      while (!closing) {
        if (turn() > 0) {
          busy.worked();
          sources.worked();
          idleSince = 0;
          continue;
        }
        long now = System.nanoTime();
        busy.idle(now);
        if (idleSince == 0) {
          idleSince = now;
        }
        if (now - idleSince < patience.nanos()) {
          Thread.onSpinWait();
        } else if (!sources.listen()) {
          sleep();
          long awake = System.nanoTime();
          busy.idle(awake);
          patience.slept(awake - now);
          idleSince = 0;
        }
      }
    } catch (Throwable death) {
      LOG.log(Level.ERROR, "thread " + thread.getName() + " died", death);
      onDeath.accept(death);
    } finally {
      busy.idle(System.nanoTime());
    }
  }

  private int turn() {
    int work = 0;
    for (LoopEntry entry : entries) {
      work += entry.serve(BUDGET);
    }
    return work + sources.poll(BUDGET);
  }

  private void sleep() {
    sleeping = true; // volatile: before the last look
    long nanos = sources.hasNew() ? 0 : Long.MAX_VALUE; // a new one is to be polled first
    for (LoopEntry entry : entries) {
      nanos = Math.min(nanos, entry.sleepNanos());
    }
    if (nanos > 0 && !closing) {
      epoll.await(nanos);
    }
    sleeping = false;
    for (LoopEntry entry : entries) {
      entry.disarm();
    }
  }
}
