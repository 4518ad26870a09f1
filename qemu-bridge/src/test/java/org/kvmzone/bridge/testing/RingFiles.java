package org.kvmzone.bridge.testing;

import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;

/**
 * The eventfds of a ring.
 *
 * @param kick the driver has made something available
 * @param call the device has given something back
 * @param error the ring is broken
 */
public record RingFiles(Fd kick, Fd call, Fd error) implements AutoCloseable {
  /** Three new ones. */
  public static RingFiles create() {
    return new RingFiles(Fd.event(), Fd.event(), Fd.event());
  }

  /** Tells the device to look. */
  public void signalKick() {
    SysEventfd.signal(kick.number());
  }

  @Override
  public void close() {
    kick.close();
    call.close();
    error.close();
  }
}
