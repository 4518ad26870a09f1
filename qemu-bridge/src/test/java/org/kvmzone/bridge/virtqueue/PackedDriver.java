package org.kvmzone.bridge.virtqueue;

import java.lang.invoke.VarHandle;
import java.util.Optional;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.PackedDriverRing;

/** The honest driver of a packed ring (virtio 1.3 §2.8.10, §2.8.21, §2.8.22). */
final class PackedDriver implements Driver {
  private static final int ENABLE = 0;
  private static final int DISABLE = 1;
  private static final int DESCRIPTOR = 2;

  private final PackedDriverRing ring;
  private final boolean eventIndex;
  private int kickedAt; // the place when kickNeeded was last asked

  PackedDriver(PackedDriverRing ring, boolean eventIndex) {
    this.ring = ring;
    this.eventIndex = eventIndex;
    kickedAt = ring.available();
  }

  @Override
  public int add(Piece... pieces) {
    return ring.add(pieces);
  }

  @Override
  public int addIndirect(Piece... pieces) {
    return ring.addIndirect(pieces);
  }

  @Override
  public int free() {
    return ring.free();
  }

  @Override
  public Optional<Used> nextUsed() {
    return ring.nextUsed();
  }

  @Override
  public boolean kickNeeded() {
    VarHandle.fullFence();
    int wish = ring.deviceEvents();
    boolean needed =
        switch (wish >>> 16) {
          case ENABLE -> true;
          case DISABLE -> false;
          default -> passed(wish & 0xffff);
        };
    kickedAt = ring.available();
    return needed;
  }

  /** Whether the descriptor that the device waits for was made available since the last kick. */
  private boolean passed(int offWrap) {
    for (int at = kickedAt; at != ring.available(); at = ring.next(at, 1)) {
      if (ring.offWrap(at) == offWrap) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean mayWait() {
    ring.driverEvents(ring.offWrap(ring.used()), eventIndex ? DESCRIPTOR : ENABLE);
    VarHandle.fullFence();
    return !ring.hasUsed();
  }

  @Override
  public void wantsNoInterrupts() {
    ring.driverEvents(0, DISABLE);
  }
}
