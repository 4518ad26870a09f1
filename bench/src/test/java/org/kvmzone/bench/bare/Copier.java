package org.kvmzone.bench.bare;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import org.kvmzone.bridge.virtqueue.RingMemory;

/** The device's side of a wire: what one guest sends is copied into the other's buffers. */
final class Copier {
  private static final int NEXT = 1;
  private static final int NUM_BUFFERS = 10;

  private final GuestPort from;
  private final GuestPort to;
  private int sent;
  private int filled;

  /** Frames that are taken, and have not arrived. */
  private final Deque<byte[]> held = new ArrayDeque<>();

  Copier(GuestPort from, GuestPort to) {
    this.from = from;
    this.to = to;
  }

  /** Takes all that is sent, and gives the buffers back. */
  void take() {
    RingMemory ring = from.transmit().memory();
    for (; sent != index(ring.available()); sent = (sent + 1) & 0xffff) {
      int head = ring.available().get(JAVA_SHORT, 4 + 2L * (sent % GuestPort.SIZE));
      held.add(chain(ring, head));
      use(ring, sent, head, 0);
    }
  }

  /** Delivers the frame that was taken first. */
  void deliver() {
    byte[] frame = held.remove();
    RingMemory ring = to.receive().memory();
    int room = length(ring, 0);
    frame[NUM_BUFFERS] = (byte) ((frame.length + room - 1) / room);
    for (int at = 0; at < frame.length; at += room, filled = (filled + 1) & 0xffff) {
      int count = Math.min(room, frame.length - at);
      int head = ring.available().get(JAVA_SHORT, 4 + 2L * (filled % GuestPort.SIZE));
      long address = ring.descriptors().get(JAVA_LONG_UNALIGNED, 16L * head);
      MemorySegment buffer = to.ram().at(address, count);
      MemorySegment.copy(frame, at, buffer, ValueLayout.JAVA_BYTE, 0, count);
      use(ring, filled, head, count);
    }
  }

  /** How many frames wait to be delivered. */
  int held() {
    return held.size();
  }

  /** The frames themselves, to be changed. */
  Deque<byte[]> frames() {
    return held;
  }

  private byte[] chain(RingMemory ring, int head) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    for (int slot = head; ; slot++) {
      long address = ring.descriptors().get(JAVA_LONG_UNALIGNED, 16L * slot);
      frame.writeBytes(from.ram().at(address, length(ring, slot)).toArray(ValueLayout.JAVA_BYTE));
      if ((ring.descriptors().get(JAVA_SHORT_UNALIGNED, 16L * slot + 12) & NEXT) == 0) {
        return frame.toByteArray();
      }
    }
  }

  private static int length(RingMemory ring, int slot) {
    return ring.descriptors().get(JAVA_INT_UNALIGNED, 16L * slot + 8);
  }

  private static int index(MemorySegment area) {
    return area.get(JAVA_SHORT, 2) & 0xffff;
  }

  private static void use(RingMemory ring, int index, int head, int length) {
    long element = 4 + 8L * (index % GuestPort.SIZE);
    ring.used().set(JAVA_INT_UNALIGNED, element, head);
    ring.used().set(JAVA_INT_UNALIGNED, element + 4, length);
    ring.used().set(JAVA_SHORT, 2, (short) (index + 1));
  }
}
