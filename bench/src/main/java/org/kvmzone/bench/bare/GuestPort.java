package org.kvmzone.bench.bare;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** A guest's NIC: memory of its own, and both rings, the receiving one full of buffers. */
final class GuestPort implements AutoCloseable {
  /** Entries of each ring. */
  static final int SIZE = 256;

  private static final long MEMORY = 4 << 20;

  private final GuestRam ram = new GuestRam(MEMORY);
  private final FrontRing receive;
  private final FrontRing transmit;

  /**
   * A guest that sends one frame again and again.
   *
   * @param sends whether it does
   */
  GuestPort(GuestTraffic traffic, byte[] frame, boolean sends) {
    receive = ring(SIZE, () -> List.of(ram.writable(traffic.bufferBytes)));
    // As many frames as the other guest has buffers for: none is ever lost for want of one.
    transmit = ring(sends ? SIZE / traffic.buffersEach : 0, () -> traffic.pieces(ram, frame));
  }

  private FrontRing ring(int count, Supplier<List<Piece>> chain) {
    List<List<Piece>> chains = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chains.add(chain.get());
    }
    return new FrontRing(ram, SIZE, chains);
  }

  GuestRam ram() {
    return ram;
  }

  FrontRing receive() {
    return receive;
  }

  FrontRing transmit() {
    return transmit;
  }

  /** Both, by the device's numbers. */
  List<FrontRing> rings() {
    return List.of(receive, transmit);
  }

  @Override
  public void close() {
    rings().forEach(FrontRing::close);
    ram.close();
  }
}
