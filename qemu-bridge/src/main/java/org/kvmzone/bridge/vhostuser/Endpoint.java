package org.kvmzone.bridge.vhostuser;

/**
 * Where a device meets its front end: makes connections, one after the other, and a session of
 * each. A front end that goes away can come back.
 */
public sealed interface Endpoint extends AutoCloseable permits Listener, Connector, OneConnection {
  /** Begins to listen, or to connect; returns at once. */
  void start();

  /**
   * Ends the session there is, and makes no more until it is resumed: QEMU takes a NIC whose
   * connection is gone for one whose link is down. Returns at once.
   */
  void suspend(boolean suspended);

  /** Ends the session there is, and makes no more; returns at once. */
  void stop();

  /** The same, and waits for the session's end for a few seconds at most. */
  @Override
  void close();
}
