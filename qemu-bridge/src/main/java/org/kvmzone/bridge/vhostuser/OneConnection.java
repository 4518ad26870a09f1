package org.kvmzone.bridge.vhostuser;

import org.kvmzone.bridge.ffi.Fd;

/** A connection that others have made: when it ends, no front end comes any more. */
public final class OneConnection implements Endpoint {
  private static final long ENDING_MILLIS = 3000;

  private final Session session;
  private final Thread thread;

  /**
   * An endpoint that takes over a connected socket.
   *
   * @param ended told when the connection has ended
   */
  public OneConnection(
      String name, InheritedSocket connected, SessionFactory factory, Runnable ended) {
    Fd socket = connected.release();
    session = factory.session(socket);
    thread =
        new Thread(
            () -> {
              session.run();
              ended.run();
            },
            name + "-session");
    thread.setDaemon(true);
  }

  @Override
  public void start() {
    thread.start();
  }

  @Override
  public void suspend(boolean suspended) {
    // Nobody could make another connection.
  }

  @Override
  public void stop() {
    session.close();
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
