package org.kvmzone.bench.bare;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.kvmzone.bridge.testing.DriverEnd;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.PackedDriverRing;

/** A guest of two rings, and a service over them, whose turns the test takes itself. */
final class BareFixture implements AutoCloseable {
  static final int SIZE = 64;

  /** In each of these the loops have to be right. */
  enum Kind {
    SPLIT(false, false),
    SPLIT_IN_ORDER(false, true),
    PACKED(true, false),
    PACKED_IN_ORDER(true, true);

    final boolean packed;
    final boolean inOrder;

    Kind(boolean packed, boolean inOrder) {
      this.packed = packed;
      this.inOrder = inOrder;
    }
  }

  final GuestRam ram = new GuestRam(4 << 20);
  private final Kind kind;
  private final List<RingPlace> places = new ArrayList<>();

  BareFixture(Kind kind) {
    this.kind = kind;
  }

  /** A driver's ring, to be the loop's next. */
  DriverEnd ring() {
    DriverEnd driver = kind.packed ? new PackedDriverRing(ram, SIZE) : new DriverRing(ram, SIZE);
    int base = driver instanceof PackedDriverRing packed ? packed.base() : 0;
    places.add(new RingPlace(driver.memory(), base, kind.packed, kind.inOrder, -1));
    return driver;
  }

  /** The card's loop over the rings so far. */
  Loop card(Options.Card card, int frameBytes, boolean nativeLoop) {
    return loop(Optional.of(card), frameBytes, Optional.empty(), nativeLoop);
  }

  /** The disk's loop over the ring. */
  Loop disk(Optional<Path> file, boolean nativeLoop) {
    return loop(Optional.empty(), 64, file, nativeLoop);
  }

  private Loop loop(
      Optional<Options.Card> card, int frameBytes, Optional<Path> file, boolean nativeLoop) {
    Options options =
        new Options(Path.of("unused"), card, frameBytes, file, nativeLoop, Optional.empty());
    return new Service(options).loop(places, ram.memory());
  }

  /** A header that says nothing, and random bytes behind it. */
  static byte[] frame(RandomGenerator random, int bytes) {
    byte[] frame = new byte[NetHeader.BYTES + bytes];
    MemorySegment behind = MemorySegment.ofArray(frame).asSlice(NetHeader.BYTES);
    for (int i = 0; i < bytes; i++) {
      behind.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    return frame;
  }

  @Override
  public void close() {
    ram.close();
  }
}
