/**
 * The least that a vhost-user back end has to do, as a yardstick: what the product does beyond this
 * is what its checks, counters and services cost.
 *
 * <p>{@link org.kvmzone.bench.bare.BareBackend} listens; a {@code Session} answers the messages of
 * DPDK's virtio-user and libblkio; while it handles one, no ring is touched. Between two messages a
 * {@code Poller} runs one {@code Loop}: take a batch from a ring, copy, give the batch back. A
 * {@code Window} finds guest memory, whose segments check every access. There are no counters, no
 * rules, no chains of descriptors where a frame needs none, and no sleeping.
 *
 * <p>{@code CLoop} runs the same algorithm in C, over the same memory in the same process.
 *
 * <p>The other end is here, too: {@link org.kvmzone.bench.bare.BareFrontEnd} is a guest of any back
 * end in its first moment, {@link org.kvmzone.bench.bare.GuestsFrontEnd} several that send each
 * other frames.
 */
@NullMarked
package org.kvmzone.bench.bare;

import org.jspecify.annotations.NullMarked;
