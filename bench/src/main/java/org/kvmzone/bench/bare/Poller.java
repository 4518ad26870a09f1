package org.kvmzone.bench.bare;

import java.util.Optional;
import org.kvmzone.bridge.device.Cpus;

/** A thread that polls a loop until it is stopped. */
final class Poller implements AutoCloseable {
  /** Turns between two looks at whether it is to stop. */
  private static final int TURNS = 1024;

  private final Thread thread;
  private volatile boolean stopping;

  /** Starts polling, on that CPU if one is named. */
  Poller(Loop loop, Optional<Cpus> cpus) {
    thread = new Thread(() -> run(loop, cpus), "bare");
    thread.setDaemon(true);
    thread.start();
  }

  @SuppressWarnings("CatchAndPrintStackTrace") // there is nobody else to tell
  private void run(Loop loop, Optional<Cpus> cpus) {
    cpus.ifPresent(Cpus::bindThread);
    try {
      while (!stopping) {
        loop.poll(TURNS);
      }
    } catch (RuntimeException | Error broken) {
      broken.printStackTrace();
    }
  }

  /** Stops; when this returns, no ring is touched any more. */
  @Override
  public void close() {
    stopping = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
