package org.kvmzone.bench.bare;

/**
 * A loop whose turn is one batch. Methods are kept small, and a turn is one of them, so that each
 * is compiled once and as a whole.
 */
abstract class Batches implements Loop {
  /** Between two looks at an empty ring: a look takes the index's line from the driver. */
  private static final int PAUSES = Integer.getInteger("bare.pauses", 4);

  private final BareRing[] rings;
  private long chains;
  private long batches;

  /** A loop over these rings. */
  Batches(BareRing... rings) {
    this.rings = rings;
  }

  /** One batch; says of how many chains. */
  abstract int turn();

  @Override
  public final void poll(int times) {
    for (int i = 0; i < times; i++) {
      int done = turn();
      if (done == 0) {
        pause();
      } else {
        chains += done;
        batches++;
      }
    }
  }

  private static void pause() {
    for (int i = 0; i < PAUSES; i++) {
      Thread.onSpinWait();
    }
  }

  @Override
  public final int base(int i) {
    return rings[i].base();
  }

  @Override
  public final long chains() {
    return chains;
  }

  @Override
  public final long batches() {
    return batches;
  }

  /** A frame of a card, and its header, are one buffer here. */
  static void requireSingle(BareRing ring) {
    if (ring.chained()) {
      throw new IllegalStateException("a frame in several buffers: not served by the bare loop");
    }
  }
}
