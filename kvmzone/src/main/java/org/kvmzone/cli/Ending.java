package org.kvmzone.cli;

import java.util.concurrent.CountDownLatch;

/**
 * How a command that runs until it is told to stop ends: SIGTERM, SIGINT or SIGHUP, exit code 0.
 */
final class Ending {
  private Ending() {}

  /** Does this when the process is told to stop. */
  static void by(Runnable last) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(last), "ending"));
  }

  private static void end(Runnable last) {
    try {
      last.run();
    } finally {
      // The JVM would say 128 + the signal's number, as if it had not been meant to.
      Runtime.getRuntime().halt(0);
    }
  }

  /** Waits for as long as the process lives. */
  static int await() throws InterruptedException {
    new CountDownLatch(1).await();
    return 0;
  }
}
