package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A program that serves a device.
 *
 * @param <S> what it is asked to be
 */
interface Backend<S> extends Side {
  /**
   * Starts it; it listens when this returns.
   *
   * @param directory for this measurement alone
   * @throws Unavailable if it cannot be what it is asked to be, or is not on this machine
   */
  Running start(S setup, Path directory) throws IOException, InterruptedException;
}
