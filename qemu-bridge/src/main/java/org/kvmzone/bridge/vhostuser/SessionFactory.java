package org.kvmzone.bridge.vhostuser;

import org.kvmzone.bridge.ffi.Fd;

/** Makes the session of a new connection. */
@FunctionalInterface
public interface SessionFactory {
  /** A session that owns the connected socket. */
  Session session(Fd socket);
}
