package org.kvmzone.blk;

import org.kvmzone.bridge.probe.Counters;

/** What outlives a queue at its index: its counters, and the numbers it gives its requests. */
final class Lane {
  private final Counters<BlkCounter> counters = new Counters<>(BlkCounter.class);
  private long nextId;

  /** Of the queue at this index, 0 and up. */
  Lane(int index) {
    nextId = (long) index << 48;
  }

  Counters<BlkCounter> counters() {
    return counters;
  }

  /** A number that no other request of this disk has. */
  long nextId() {
    return nextId++;
  }

  /** A request was completed without an error. */
  void count(BlockRequest.Type type, long bytes) {
    switch (type) {
      case IN -> {
        counters.increment(BlkCounter.READS);
        counters.add(BlkCounter.NREAD, bytes);
      }
      case OUT -> {
        counters.increment(BlkCounter.WRITES);
        counters.add(BlkCounter.NWRITTEN, bytes);
      }
      case DISCARD -> {
        counters.increment(BlkCounter.DISCARDS);
        counters.add(BlkCounter.NDISCARDED, bytes);
      }
      case WRITE_ZEROES -> {
        counters.increment(BlkCounter.ZEROES);
        counters.add(BlkCounter.NZEROED, bytes);
      }
      case FLUSH -> counters.increment(BlkCounter.FLUSHES);
      case GET_ID -> counters.increment(BlkCounter.IDS);
    }
  }
}
