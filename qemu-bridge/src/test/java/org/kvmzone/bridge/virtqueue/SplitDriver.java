package org.kvmzone.bridge.virtqueue;

import java.lang.invoke.VarHandle;
import java.util.Optional;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** The honest driver of a split ring (virtio 1.3 §2.7.7, §2.7.10, §2.7.13, §2.7.14). */
final class SplitDriver implements Driver {
  private final DriverRing ring;
  private final boolean eventIndex;
  private int kickedAt; // the available index when kickNeeded was last asked

  SplitDriver(DriverRing ring, boolean eventIndex) {
    this.ring = ring;
    this.eventIndex = eventIndex;
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
    int now = ring.availableSoFar();
    int added = (now - kickedAt) & 0xffff;
    kickedAt = now;
    return eventIndex
        ? ((now - ring.availableEvent() - 1) & 0xffff) < added
        : (ring.usedFlags() & 1) == 0;
  }

  @Override
  public boolean mayWait() {
    if (eventIndex) {
      ring.usedEvent(ring.usedSeen());
    } else {
      ring.availableFlags(0);
    }
    VarHandle.fullFence();
    return !ring.hasUsed();
  }

  @Override
  public void wantsNoInterrupts() {
    if (eventIndex) {
      // A driver of Linux leaves the event where it is, or puts it behind.
      ring.usedEvent((ring.usedSeen() - 1) & 0xffff);
    } else {
      ring.availableFlags(1);
    }
  }
}
