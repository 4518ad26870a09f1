package org.kvmzone.cli;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * How a command that runs until it is told to stop ends: SIGTERM or SIGINT (SIGHUP, too, if it is
 * not ignored), exit code 0.
 */
final class Ending {
  private final Thread hook;

  private Ending(Thread hook) {
    this.hook = hook;
  }

  /** Does this when the process is told to stop. */
  static Ending by(Runnable last) {
    Thread hook = new Thread(() -> end(last), "ending");
    Runtime.getRuntime().addShutdownHook(hook);
    return new Ending(hook);
  }

  /** Does this, and waits no longer for it than stated: what hangs then is left to the kernel. */
  static Ending within(Duration limit, Runnable last) {
    return by(() -> {
      Thread worker = Thread.ofPlatform().daemon().name("closing").start(last);
      try {
        worker.join(limit);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
  }

  private static void end(Runnable last) {
    try {
      last.run();
    } finally {
      // The JVM would say 128 + the signal's number, as if it had not been meant to.
      Runtime.getRuntime().halt(0);
    }
  }

  /** The command ends in another way, with an exit code of its own. */
  void forget() {
    Runtime.getRuntime().removeShutdownHook(hook);
  }

  /** Waits for as long as the process lives. */
  static int await() throws InterruptedException {
    return await(new CompletableFuture<>());
  }

  /** Waits until the process is told to stop, or this is over. */
  static int await(CompletableFuture<?> over) throws InterruptedException {
    try {
      Object ignored = over.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
    return 0;
  }
}
