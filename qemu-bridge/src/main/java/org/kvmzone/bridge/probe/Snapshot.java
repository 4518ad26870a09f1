package org.kvmzone.bridge.probe;

import java.util.List;

/**
 * What an {@link Aggregation} had seen at a moment.
 *
 * @param watch what was watched
 * @param rows one for every key, in the order in which DTrace prints them
 * @param dropped firings that were not counted because there was no room for their key
 */
public record Snapshot(Watch watch, List<Row> rows, long dropped) {
  public Snapshot {
    rows = List.copyOf(rows);
  }

  /** The rows as DTrace prints them, to the byte; {@code ""} if nothing was seen. */
  public String text() {
    return DtraceText.of(rows);
  }
}
