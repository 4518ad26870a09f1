/**
 * Virtqueues, as virtio 1.3 §2.6 to §2.8 lay them out in guest memory.
 *
 * <p>A {@link org.kvmzone.bridge.virtqueue.Virtqueue} is taken from with {@code pop}, which reads a
 * descriptor chain once, checks it once (loops, lengths, directions, regions) and hands it on as a
 * {@link org.kvmzone.bridge.virtqueue.Chain}: a readable and a writable list of memory. Devices
 * never see a descriptor. They give the chain back with {@code push}, let the driver see a batch of
 * them with {@code publish}, and ask {@code interruptWanted} afterwards.
 *
 * <p>Everything in a ring is written by the guest, at any time. What breaks its rules latches a
 * {@link org.kvmzone.bridge.virtqueue.QueueFault}: from then on nothing can be popped until the
 * driver resets the device and a new ring is made.
 */
@NullMarked
package org.kvmzone.bridge.virtqueue;

import org.jspecify.annotations.NullMarked;
