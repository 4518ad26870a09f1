package org.kvmzone.bench.bare;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/**
 * A guest that does nothing but keep a device busy: its memory, its rings, and how much came back.
 */
final class Traffic implements AutoCloseable {
  private static final int NET_SIZE = 256;
  private static final int BLK_SIZE = 512;

  /** Requests under way, of three pieces each. */
  static final int DEPTH = 128;

  private static final int BUFFER = 2048;
  private static final int BLOCK = 4096;
  private static final long MEMORY = 4 << 20;

  private final GuestRam ram = new GuestRam(MEMORY);
  private final List<FrontRing> rings = new ArrayList<>();
  private final FrontRing[] moving;
  private final FrontRing counted;

  /** A guest of such a device. */
  Traffic(Options options) {
    if (options.card().isEmpty()) {
      ring(BLK_SIZE, DEPTH, this::request);
      counted = rings.getFirst();
      moving = new FrontRing[] {counted};
      return;
    }
    // Both rings are there, as a NIC has them, but not both have something in them.
    Options.Card card = options.card().get();
    byte[] frame = SentFrames.datagram(1, 0, options.frameBytes());
    ring(NET_SIZE, card == Options.Card.SINK ? 0 : NET_SIZE, () -> List.of(ram.writable(BUFFER)));
    ring(NET_SIZE, card == Options.Card.SOURCE ? 0 : NET_SIZE, () -> List.of(ram.readable(frame)));
    counted = card == Options.Card.SINK ? rings.getLast() : rings.getFirst();
    moving =
        card == Options.Card.ECHO ? rings.toArray(FrontRing[]::new) : new FrontRing[] {counted};
  }

  private void ring(int size, int count, Supplier<List<Piece>> chain) {
    List<List<Piece>> chains = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chains.add(chain.get());
    }
    rings.add(new FrontRing(ram, size, chains));
  }

  /** A read of 4 KiB, virtio 1.3 §5.2.6. */
  private List<Piece> request() {
    long sector = 8L * rings.size();
    byte[] header =
        ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(8, sector).array();
    return List.of(ram.readable(header), ram.writable(BLOCK), ram.writable(1));
  }

  GuestRam ram() {
    return ram;
  }

  /** All rings, by the device's numbers. */
  List<FrontRing> rings() {
    return rings;
  }

  /** Makes everything available for the first time. */
  void begin() {
    for (FrontRing ring : moving) {
      ring.offer();
    }
  }

  /** Goes on until a moment of {@link System#nanoTime}; says how much came back. */
  long until(long end) {
    long done = 0;
    do {
      for (FrontRing ring : moving) {
        int count = ring.turn();
        done += ring == counted ? count : 0;
      }
    } while (System.nanoTime() - end < 0);
    return done;
  }

  @Override
  public void close() {
    rings.forEach(FrontRing::close);
    ram.close();
  }
}
