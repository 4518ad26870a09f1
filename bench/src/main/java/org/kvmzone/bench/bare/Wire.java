package org.kvmzone.bench.bare;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * Frames under way from one guest to another: each is sent again when it has arrived, so that as
 * many are under way as the receiver has buffers for. Without a receiver each is sent again when
 * the device has given it back.
 */
final class Wire {
  private static final int GSO_TYPE = 1;
  private static final int GSO_SIZE = 4;
  private static final int NUM_BUFFERS = 10;

  private final GuestTraffic traffic;
  private final byte[] frame;
  private final GuestPort from;
  private final Optional<GuestPort> to;
  private long buffers; // that have arrived
  private long sentAgain;

  /** A wire on which nothing is yet. */
  Wire(GuestTraffic traffic, byte[] frame, GuestPort from, Optional<GuestPort> to) {
    this.traffic = traffic;
    this.frame = frame;
    this.from = from;
    this.to = to;
  }

  /** Sends everything for the first time. */
  void begin() {
    from.transmit().offer();
  }

  /**
   * Whether the first frame has arrived, nothing having been taken so far.
   *
   * @throws IllegalStateException if it is another frame than was sent
   */
  boolean hasBegun() {
    if (to.isEmpty()) {
      return true;
    }
    Optional<byte[]> arrived = to.get().receive().first(to.get().ram(), traffic.buffersEach);
    if (arrived.isPresent() && !isSame(arrived.get())) {
      throw new IllegalStateException("another frame has arrived than was sent");
    }
    return arrived.isPresent();
  }

  /** The same frame, in as many buffers as were thought of, and as much of it left undone. */
  private boolean isSame(byte[] arrived) {
    int headers = NetHeader.BYTES;
    ByteBuffer header = ByteBuffer.wrap(arrived).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer sent = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
    return header.getShort(NUM_BUFFERS) == traffic.buffersEach
        && header.get(GSO_TYPE) == sent.get(GSO_TYPE)
        && header.getShort(GSO_SIZE) == sent.getShort(GSO_SIZE)
        && Arrays.equals(arrived, headers, arrived.length, frame, headers, frame.length);
  }

  /** Sends again what has arrived. */
  void turn() {
    FrontRing transmit = from.transmit();
    if (to.isEmpty()) {
      sentAgain += transmit.turn();
      return;
    }
    buffers += to.get().receive().turn();
    int _ = transmit.take();
    int count = (int) Math.min(transmit.kept(), frames() - sentAgain);
    if (count > 0) {
      transmit.give(count);
      sentAgain += count;
    }
  }

  /** How many have arrived. */
  long frames() {
    return to.isEmpty() ? sentAgain : buffers / traffic.buffersEach;
  }

  /** Bytes of those, from the Ethernet header on. */
  long bytes() {
    return to.isEmpty()
        ? sentAgain * (frame.length - NetHeader.BYTES)
        : to.get().receive().bytes() - frames() * NetHeader.BYTES;
  }
}
