package org.kvmzone.net;

import org.kvmzone.bridge.virtqueue.Features;

/**
 * The virtio-net header as one driver wants it; it may change whenever a guest boots another driver
 * (virtio 1.3 §5.1.6.1).
 *
 * @param length 12 bytes with num_buffers, else 10
 * @param mergeable whether a received frame may take several buffers
 * @param offloads what the header may ask for, both ways
 */
record HeaderFormat(int length, boolean mergeable, Offloads offloads) {
  /** The format that goes with these feature bits. */
  static HeaderFormat of(long features) {
    boolean mergeable = (features & VirtioNet.MRG_RXBUF) != 0;
    boolean counted = mergeable || (features & Features.VERSION_1) != 0;
    return new HeaderFormat(
        counted ? VirtioNet.HEADER : VirtioNet.LEGACY_HEADER, mergeable, Offloads.of(features));
  }
}
