package org.kvmzone.bridge.testing;

import java.util.Optional;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.RingMemory;

/** An honest driver's half of a ring, whatever its layout. */
public interface DriverEnd {
  /** Makes a chain of these pieces available; its name in the used ring. */
  int add(Piece... pieces);

  /** Makes a chain of these pieces available, through an indirect table; its name. */
  int addIndirect(Piece... pieces);

  /** How many more descriptors {@link #add} can take. */
  int free();

  /** Whether {@link #nextUsed} has something. */
  boolean hasUsed();

  /** What the device gave back next. */
  Optional<Used> nextUsed();

  /** Whether the device asks for kicks, without event indices. */
  boolean kicksWanted();

  /** The three areas. */
  RingMemory memory();

  /** The guest address of the descriptors. */
  long descriptorsAt();

  /** The guest address of the driver's area. */
  long availableAt();

  /** The guest address of the device's area. */
  long usedAt();

  /** Entries. */
  int size();
}
