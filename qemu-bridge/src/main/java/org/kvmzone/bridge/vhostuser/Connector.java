package org.kvmzone.bridge.vhostuser;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;

/**
 * Connects to a front end that listens, as QEMU does with {@code server=on}, and again whenever the
 * connection ends.
 */
public final class Connector implements Endpoint {
  private static final Logger LOG = System.getLogger(Connector.class.getName());
  private static final long FIRST_WAIT_MILLIS = 10;
  private static final long LONGEST_WAIT_MILLIS = 1000;

  /**
   * How long to wait after a connection, as QEMU does where it connects. If the next one is there
   * before QEMU (7.2) has acted on the end of the last, it is never used: the guest's disk hangs.
   */
  private static final long BETWEEN_MILLIS = 1000;

  private static final long ENDING_MILLIS = 3000;

  /** How often to look whether there is to be a connection again. */
  private static final long SUSPENDED_MILLIS = 50;

  private final Path path;
  private final SessionFactory factory;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private @Nullable Session session; // guarded by this
  private volatile boolean suspended;

  /** An endpoint that will connect to {@code path}. */
  public Connector(String name, Path path, SessionFactory factory) {
    this.path = path;
    this.factory = factory;
    thread = new Thread(this::run, name + "-session");
    thread.setDaemon(true);
  }

  @Override
  public void start() {
    thread.start();
  }

  private void run() {
    long wait = FIRST_WAIT_MILLIS;
    boolean told = false;
    while (true) {
      if (suspended) {
        if (isClosing(SUSPENDED_MILLIS)) {
          return;
        }
        continue;
      }
      int connection = UnixSockets.connect(path);
      if (connection >= 0) {
        serve(new Fd(connection));
        told = false;
        wait = FIRST_WAIT_MILLIS;
        if (isClosing(BETWEEN_MILLIS)) {
          return;
        }
        continue;
      }
      if (!told && wait >= LONGEST_WAIT_MILLIS) {
        LOG.log(Level.INFO, "waiting for " + path + ": " + Errno.message(-connection));
        told = true;
      }
      if (isClosing(wait)) {
        return;
      }
      wait = Math.min(wait * 2, LONGEST_WAIT_MILLIS);
    }
  }

  private void serve(Fd connection) {
    Session begun;
    synchronized (this) {
      if (suspended || isClosing(0)) {
        connection.close();
        return;
      }
      begun = factory.session(connection);
      session = begun;
    }
    begun.run();
  }

  private boolean isClosing(long millis) {
    try {
      return closing.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  @Override
  public void suspend(boolean now) {
    synchronized (this) {
      suspended = now;
      if (now && session != null) {
        session.close();
      }
    }
  }

  @Override
  public void stop() {
    closing.countDown();
    synchronized (this) {
      if (session != null) {
        session.close();
      }
    }
  }

  @Override
  public void close() {
    stop();
    try {
      thread.join(ENDING_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
