package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Something that is measured on several sides in turn. */
interface Case {
  /** Words from the general to the particular, as in {@code net/64/echo/packed}. */
  String name();

  /** What is counted, in the plural. */
  String unit();

  /** How far ahead the first side should be. */
  Optional<Target> target();

  /** Ours, the peer, and whatever else is of interest. */
  List<String> sides();

  /**
   * Measures one side.
   *
   * @throws Unavailable if that cannot be done on this machine
   * @throws IOException if it was tried and failed
   */
  Sample measure(String side) throws IOException, InterruptedException;
}
