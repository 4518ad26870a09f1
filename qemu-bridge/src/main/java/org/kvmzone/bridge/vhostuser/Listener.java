package org.kvmzone.bridge.vhostuser;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.UnixSockets;

/**
 * Listens on a socket for front ends. One is served at a time: while it is, another that connects
 * is turned away at once, rather than left to wait for answers.
 */
public final class Listener implements Endpoint {
  private static final Logger LOG = System.getLogger(Listener.class.getName());
  private static final long ENDING_MILLIS = 3000;

  private final Path path;
  private final SessionFactory factory;
  private final Fd socket;
  private final Thread acceptor;
  private volatile boolean closing;
  private @Nullable Session session; // guarded by this
  private @Nullable Thread serving; // guarded by this

  /**
   * Takes the address.
   *
   * @throws NativeException if it cannot be had
   * @throws IOException if somebody answers there, or a stale socket cannot be removed
   */
  public Listener(String name, Path path, SessionFactory factory) throws IOException {
    this.path = path;
    this.factory = factory;
    removeStale(path);
    socket = UnixSockets.listen(path);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
    acceptor = new Thread(this::accept, name + "-listen");
    acceptor.setDaemon(true);
  }

  private static void removeStale(Path path) throws IOException {
    int answer = UnixSockets.connect(path);
    if (answer >= 0) {
      new Fd(answer).close();
      throw new IOException(
          path + " is in use by another process: stop it, or choose another directory");
    }
    if (answer == -Errno.ECONNREFUSED) {
      Files.deleteIfExists(path);
    }
  }

  @Override
  public void start() {
    acceptor.start();
  }

  private void accept() {
    while (!closing) {
      int connection = UnixSockets.accept(socket);
      if (connection >= 0) {
        serve(new Fd(connection));
      } else if (connection != -Errno.EINTR && !closing) {
        LOG.log(Level.ERROR, "listening on " + path + " ended: " + Errno.message(-connection));
        return;
      }
    }
  }

  private void serve(Fd connection) {
    Thread before;
    synchronized (this) {
      before = serving;
      if (closing) {
        connection.close();
        return;
      }
    }
    // QEMU may be back before its last connection has been seen to end.
    if (before != null && !ends(before)) {
      LOG.log(Level.WARNING, path + ": a second front end was turned away");
      connection.close();
      return;
    }
    synchronized (this) {
      Session begun = factory.session(connection);
      session = begun;
      Thread thread = new Thread(begun::run, acceptor.getName().replace("-listen", "-session"));
      thread.setDaemon(true);
      serving = thread;
      thread.start();
    }
  }

  private static boolean ends(Thread thread) {
    try {
      thread.join(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }

  @Override
  public void close() {
    closing = true;
    int ignored = SysSocket.shutdown(socket.number(), SysSocket.SHUT_RDWR);
    Thread last;
    synchronized (this) {
      if (session != null) {
        session.close();
      }
      last = serving;
    }
    try {
      acceptor.join(ENDING_MILLIS);
      if (last != null) {
        last.join(ENDING_MILLIS);
      }
      Files.deleteIfExists(path);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cannot remove " + path + ": " + e.getMessage());
    }
    socket.close();
  }
}
