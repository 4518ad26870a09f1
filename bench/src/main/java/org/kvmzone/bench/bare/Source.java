package org.kvmzone.bench.bare;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Fills every buffer that the guest offers with one and the same frame. */
final class Source extends Batches {
  private final BareRing ring;
  private final Window window;
  private final MemorySegment frame;
  private final int[] written = new int[BareRing.BATCH];

  Source(BareRing receive, Window window, int frameBytes) {
    super(receive);
    this.ring = receive;
    this.window = window;
    frame = frame(frameBytes);
    Arrays.fill(written, NetHeader.BYTES + frameBytes);
  }

  /** From a local address to all, of an experimental type (IEEE 802), and counting bytes. */
  static MemorySegment frame(int bytes) {
    MemorySegment frame = Arena.ofAuto().allocate(bytes, 64);
    for (int i = 0; i < bytes; i++) {
      frame.set(ValueLayout.JAVA_BYTE, i, (byte) i);
    }
    frame.asSlice(0, 6).fill((byte) 0xff);
    frame.set(ValueLayout.JAVA_LONG_UNALIGNED, 6, 0xb588_0100_0000_0002L);
    return frame;
  }

  @Override
  int turn() {
    int count = ring.take(BareRing.BATCH);
    if (count == 0) {
      return 0;
    }
    requireSingle(ring);
    long bytes = frame.byteSize();
    for (int i = 0; i < count; i++) {
      long at = window.offset(ring.address[i]);
      MemorySegment memory = window.memory();
      requireRoom(i);
      NetHeader.write(memory, at);
      MemorySegment.copy(frame, 0, memory, at + NetHeader.BYTES, bytes);
    }
    ring.give(count, written);
    return count;
  }

  private void requireRoom(int i) {
    if (ring.length(i) < written[i]) {
      throw new IllegalStateException(
          "a buffer of " + ring.length(i) + " bytes: frames are longer");
    }
  }
}
