/**
 * Guests that do not exist: a driver's side of rings in memory of our own, for which a device works
 * as it will for a real guest. A process that is about to serve lets its devices rehearse, so that
 * the first guest finds the data path compiled; benchmarks measure that path with the same means.
 *
 * <p>A {@link org.kvmzone.bridge.rehearsal.Rehearsal} makes a device's queues on memory of its own;
 * each {@link org.kvmzone.bridge.rehearsal.RehearsedQueue} offers the same chains again and again.
 */
@NullMarked
package org.kvmzone.bridge.rehearsal;

import org.jspecify.annotations.NullMarked;
