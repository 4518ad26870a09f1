/**
 * The virtio-blk device, and the volumes behind it.
 *
 * <p>A {@link org.kvmzone.blk.VirtioBlk} takes chains from its rings. Each becomes a request object
 * that {@code RequestParser}, a pure function, fills from a copy of the guest's header; what is
 * malformed is answered at once and never reaches the volume. The rest is submitted to the {@link
 * org.kvmzone.blk.Zvol}, which moves data between its storage and guest memory and completes the
 * request, then or later, on whatever thread. Completed requests are handed over, without a lock,
 * to the ring's owner, who writes their status and gives the chains back.
 *
 * <p>{@link org.kvmzone.blk.RawZvol} is a raw file or a block device. What is read and written is
 * left to an {@code Engine}: the caller's thread does it at once, the kernel does it through an
 * io_uring, or threads do that may block, as suits the {@code Medium}. What may block for long
 * (flush, discard, write zeroes) has threads of its own. {@link org.kvmzone.blk.ZvolProvider} makes
 * all of this from {@code zvol,id=…,path=…}.
 */
@NullMarked
package org.kvmzone.blk;

import org.jspecify.annotations.NullMarked;
