package org.kvmzone.bridge.device;

import java.nio.ByteBuffer;

/**
 * What is being recorded of a device, as the bytes of a file. Who reads it does not hold the device
 * up: what is not read in time is missing, and the file says how much that is.
 */
public interface Capture extends AutoCloseable {
  /** Bytes of room for which {@link #read} is called at least. */
  int ROOM = 1 << 18;

  /**
   * Puts as much as there is, and has room, into a buffer. By one thread.
   *
   * @return whether more may follow: not after {@link #stop}, or the device's end, when everything
   *     was read
   */
  boolean read(ByteBuffer target);

  /** Records nothing from now on: what was recorded can still be read. By any thread. */
  void stop();

  /** Stops, and forgets what was not read; by whoever has read. */
  @Override
  void close();
}
