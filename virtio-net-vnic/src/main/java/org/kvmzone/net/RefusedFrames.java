package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.memory.Pages;

/**
 * The beginnings of frames that were judged and will not leave, as they were judged, until their
 * turn comes to be recorded: by the next frame's beginning they are overwritten in the batch.
 */
final class RefusedFrames {
  private final long stride;
  private final MemorySegment memory;
  private final int[] captured = new int[FrameBatch.MAX_FRAMES];

  /**
   * Room for a batch.
   *
   * @param longest bytes of a beginning
   */
  RefusedFrames(int longest) {
    stride = longest;
    memory = Pages.allocate(FrameBatch.MAX_FRAMES * stride, Arena.ofAuto());
  }

  /** Keeps what was staged last, as that of chain {@code index}. */
  void keep(int index, FrameBatch batch) {
    int slot = batch.size();
    captured[index] = (int) Math.min(stride, batch.captured(slot));
    MemorySegment.copy(batch.memory(), batch.frameAt(slot), memory, at(index), captured[index]);
  }

  /** Nothing was looked at of what is in chain {@code index}. */
  void keepNothing(int index) {
    captured[index] = 0;
  }

  MemorySegment memory() {
    return memory;
  }

  /** Where in {@link #memory} it begins. */
  long at(int index) {
    return index * stride;
  }

  /** How much of it was kept, bytes. */
  int captured(int index) {
    return captured[index];
  }
}
