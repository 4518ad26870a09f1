package org.kvmzone.bench.bare;

import org.kvmzone.bridge.virtqueue.RingMemory;

/**
 * A ring that is to be served.
 *
 * @param memory its areas
 * @param base where to begin, as SET_VRING_BASE has it
 * @param call the eventfd that interrupts the driver
 */
record RingPlace(RingMemory memory, int base, boolean packed, boolean inOrder, int call) {
  BareRing open() {
    return packed
        ? new PackedRing(memory, base, inOrder, call)
        : new SplitRing(memory, base, inOrder, call);
  }
}
