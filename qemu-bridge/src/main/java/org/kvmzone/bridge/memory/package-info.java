/**
 * Guest memory, as the front end shares it.
 *
 * <p>A session turns each region that the front end announces into a {@link
 * org.kvmzone.bridge.memory.MemoryRegion} (mapped once) and keeps them in a {@link
 * org.kvmzone.bridge.memory.GuestMemory}: an immutable table that is replaced as a whole. Rings
 * look addresses up in it and hand pieces of memory on as {@link
 * org.kvmzone.bridge.memory.Buffers}; nothing above this package sees an address that was not
 * checked over its whole length.
 *
 * <p>Memory is taken back by quiescing whoever uses the table, swapping it, and only then closing
 * the regions that are gone. Touching a closed region through a segment is an {@code
 * IllegalStateException}, never a wild access; raw addresses are handed to the kernel only while
 * the request that owns them is counted as in flight.
 */
@NullMarked
package org.kvmzone.bridge.memory;

import org.jspecify.annotations.NullMarked;
