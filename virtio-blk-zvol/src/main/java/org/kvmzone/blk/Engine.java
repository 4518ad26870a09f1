package org.kvmzone.blk;

import java.util.List;
import org.kvmzone.bridge.device.EventSource;

/** How a raw volume's reads and writes are carried out; {@link Zvol} says what is promised. */
interface Engine {
  /** As operators read it. */
  String word();

  /** Begins a read or write within the volume. */
  void submit(ZvolRequest request);

  /** As {@link Zvol#endBatch}. */
  default void endBatch() {}

  /** As {@link Zvol#sources}. */
  default List<EventSource> sources(int loop) {
    return List.of();
  }

  /**
   * Ends what it runs on, when nothing is under way any more.
   *
   * @return false if that takes more than {@code millis}
   */
  default boolean close(long millis) {
    return true;
  }
}
