package org.kvmzone.bench.bare;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.kvmzone.bridge.ffi.SysEventfd;

/**
 * A device's side of a ring, a batch at a time: {@link #take} says what is there, {@link #give}
 * returns the first of it.
 *
 * <p>Whether the driver wants an interrupt is asked when there is nothing more to take: it needs a
 * full fence, which would wait for every line that the batch wrote. A driver that sleeps adds
 * nothing, so it is not long until then.
 */
abstract class BareRing {
  /** Beyond this nothing is gained; with 8, 40 per cent are lost (performance.md §3.3). */
  static final int BATCH = 256;

  static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  /** Guest addresses of the first descriptors of the chains taken. */
  final long[] address = new long[BATCH];

  /** The other half of these descriptors: the length is in the low 32 bits. */
  final long[] word = new long[BATCH];

  private final int call;
  private boolean owed;

  /**
   * A ring.
   *
   * @param call the eventfd that interrupts the driver
   */
  BareRing(int call) {
    this.call = call;
  }

  /** Reads what is available, {@code max} chains at most; says how many. */
  final int take(int max) {
    int taken = max == 0 ? 0 : read(max);
    if (taken == 0 && owed) {
      owed = false;
      VarHandle.fullFence();
      if (interruptWanted()) {
        SysEventfd.signal(call);
      }
    }
    return taken;
  }

  /** Gives back, as read only, the first {@code count} of what was taken. */
  final void give(int count) {
    owed = true;
    writeRead(count);
  }

  /** Gives back the first {@code count} of what was taken, {@code written[i]} bytes in each. */
  final void give(int count, int[] written) {
    owed = true;
    writeWritten(count, written);
  }

  /** Bytes of chain {@code i} of the batch, if it is a single descriptor. */
  final int length(int i) {
    return (int) word[i];
  }

  /** Whether a chain of the last batch is more than one descriptor. */
  abstract boolean chained();

  /** Where a successor would go on, as SET_VRING_BASE has it. */
  abstract int base();

  abstract int read(int max);

  abstract void writeRead(int count);

  abstract void writeWritten(int count, int[] written);

  abstract boolean interruptWanted();
}
