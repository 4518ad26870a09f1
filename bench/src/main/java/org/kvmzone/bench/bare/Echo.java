package org.kvmzone.bench.bare;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Sends every frame back to whom it came from: one copy, from the guest's buffer to another. */
final class Echo extends Batches {
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;

  private final BareRing transmit;
  private final BareRing receive;
  private final Window from;
  private final Window to;
  private final int[] written = new int[BareRing.BATCH];

  Echo(BareRing transmit, BareRing receive, Window from, Window to) {
    super(transmit, receive);
    this.transmit = transmit;
    this.receive = receive;
    this.from = from;
    this.to = to;
  }

  @Override
  int turn() {
    int sent = transmit.take(BareRing.BATCH);
    int count = receive.take(sent);
    if (count == 0) {
      return 0;
    }
    requireSingle(transmit);
    requireSingle(receive);
    for (int i = 0; i < count; i++) {
      echo(i);
    }
    transmit.give(count);
    receive.give(count, written);
    return count;
  }

  private void echo(int i) {
    int bytes = transmit.length(i);
    if (receive.length(i) < bytes) {
      throw new IllegalStateException("a frame that is longer than the buffer offered for it");
    }
    long source = from.offset(transmit.address[i]) + NetHeader.BYTES;
    long header = to.offset(receive.address[i]);
    long target = header + NetHeader.BYTES;
    MemorySegment in = from.memory();
    MemorySegment out = to.memory();
    NetHeader.write(out, header);
    long first = in.get(U64, source);
    int second = in.get(U32, source + 8);
    MemorySegment.copy(in, source, out, target, bytes - NetHeader.BYTES);
    // Bytes 6 to 11, 0 and 1; then 2 to 5.
    out.set(U64, target, (first >>> 48) | ((second & 0xffff_ffffL) << 16) | (first << 48));
    out.set(U32, target + 8, (int) (first >>> 16));
    written[i] = bytes;
  }
}
