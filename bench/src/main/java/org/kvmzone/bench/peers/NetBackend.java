package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalDouble;

/** A program that serves a NIC. */
interface NetBackend {
  /** As in tables. */
  String name();

  /**
   * Starts it; it listens when this returns.
   *
   * @param directory for this measurement alone
   */
  Running start(NetSetup setup, Path directory) throws IOException, InterruptedException;

  /** It runs. */
  interface Running extends AutoCloseable {
    Child child();

    /** Where it listens. */
    Path socket();

    /**
     * Asks it, while the front end is still connected but silent, what it has to say.
     *
     * @throws IOException also if it did not do what was asked of it
     */
    Account account() throws IOException, InterruptedException;

    @Override
    void close();
  }

  /**
   * What a back end says about itself.
   *
   * @param busyNanos for each frame, of time in which there was work
   */
  record Account(OptionalDouble busyNanos, Map<String, String> notes) {}
}
