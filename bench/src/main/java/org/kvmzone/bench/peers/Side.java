package org.kvmzone.bench.peers;

/** What takes turns with others in a case. */
interface Side {
  /** As in tables. */
  String name();
}
