package org.kvmzone.bridge.virtqueue;

import java.util.Optional;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** An honest driver's half of a ring, whatever the ring's layout: what the contract tests need. */
interface Driver {
  /** Makes a chain available; its name in the used ring. */
  int add(Piece... pieces);

  /** The same through an indirect table. */
  int addIndirect(Piece... pieces);

  /** How many more descriptors {@link #add} can take. */
  int free();

  /** What the device gave back next. */
  Optional<Used> nextUsed();

  /** Whether the device wants a kick for what was added since the last call. */
  boolean kickNeeded();

  /** Asks for an interrupt. @return whether nothing was given back yet, so that one may wait */
  boolean mayWait();

  /** Says that no interrupt is wanted. */
  void wantsNoInterrupts();
}
