package org.kvmzone.bridge.vhostuser;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.Poll;
import org.kvmzone.bridge.ffi.PollFd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.ffi.UnixSockets;

/**
 * Listens on a socket for front ends. One is served at a time: while it is, another that connects
 * is turned away at once, rather than left to wait for answers.
 */
public final class Listener implements Endpoint {
  private static final Logger LOG = System.getLogger(Listener.class.getName());
  private static final long ENDING_MILLIS = 3000;

  /** After an accept that failed, for want of descriptors most likely. */
  private static final int PAUSE_MILLIS = 500;

  private final Path path;
  private final SessionFactory factory;
  private final Fd socket;
  private final Fd wake = Fd.event();
  private final boolean inherited;
  private final Thread acceptor;
  private volatile boolean closing;
  private boolean suspended; // guarded by this
  private @Nullable Session session; // guarded by this
  private @Nullable Thread serving; // guarded by this

  /**
   * Takes the address.
   *
   * @throws NativeException if it cannot be had
   * @throws IOException if somebody answers there, or a stale socket cannot be removed
   */
  public Listener(String name, Path path, SessionFactory factory) throws IOException {
    this(name, path, bind(path), false, factory);
  }

  /** Takes over a listening socket; its file stays when this ends. */
  public Listener(String name, InheritedSocket listening, SessionFactory factory) {
    this(name, listening.name(), listening.release(), true, factory);
  }

  private Listener(String name, Path path, Fd socket, boolean inherited, SessionFactory factory) {
    this.path = path;
    this.factory = factory;
    this.socket = socket;
    this.inherited = inherited;
    acceptor = new Thread(this::accept, name + "-listen");
    acceptor.setDaemon(true);
  }

  private static Fd bind(Path path) throws IOException {
    removeStale(path);
    Fd socket = UnixSockets.listen(path);
    try {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
      return new Fd(socket.release());
    } finally {
      socket.close();
    }
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
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment waited = arena.allocate(2 * PollFd.SIZE, 8);
      PollFd.set(waited, 0, wake.number(), Poll.POLLIN);
      PollFd.set(waited, 1, socket.number(), Poll.POLLIN);
      while (!closing) {
        boolean ready = Poll.poll(waited.address(), 2, -1) > 0;
        if (ready && !closing && PollFd.revents(waited, 1) != 0 && !acceptOne()) {
          int ignored = Poll.poll(waited.address(), 1, PAUSE_MILLIS);
        }
      }
    }
  }

  /** Returns false if that is better not tried again at once. */
  private boolean acceptOne() {
    int connection = UnixSockets.accept(socket);
    if (connection >= 0) {
      serve(new Fd(connection));
      return true;
    }
    if (connection == -Errno.EAGAIN || connection == -Errno.EINTR) {
      return true; // an inherited socket may have others who accept
    }
    LOG.log(Level.WARNING, path + ": no connection accepted: " + Errno.message(-connection));
    return false;
  }

  private void serve(Fd connection) {
    Thread before;
    synchronized (this) {
      before = serving;
    }
    // QEMU may be back before its last connection has been seen to end.
    if (before != null && !ends(before)) {
      LOG.log(Level.WARNING, path + ": a second front end was turned away");
      connection.close();
      return;
    }
    synchronized (this) {
      if (closing || suspended) {
        connection.close();
        return;
      }
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
  public synchronized void suspend(boolean now) {
    suspended = now;
    if (now && session != null) {
      session.close();
    }
  }

  @Override
  public void stop() {
    synchronized (this) {
      if (closing) {
        return;
      }
      closing = true;
      if (session != null) {
        session.close();
      }
    }
    // Not by a shutdown of the socket: that would be felt by all who share an inherited one.
    SysEventfd.signal(wake.number());
    if (!inherited) {
      try {
        Files.deleteIfExists(path);
      } catch (IOException e) {
        LOG.log(Level.WARNING, "cannot remove " + path + ": " + e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    stop();
    Thread last;
    synchronized (this) {
      last = serving;
    }
    try {
      acceptor.join(ENDING_MILLIS);
      if (last != null) {
        last.join(ENDING_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    socket.close();
    wake.close();
  }
}
