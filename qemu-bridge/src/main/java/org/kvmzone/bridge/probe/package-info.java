/**
 * Seeing what the devices do, at no cost while nobody looks.
 *
 * <p>A device defines a {@link org.kvmzone.bridge.probe.Probe} per event worth seeing and fires it
 * where the event happens. An operator writes a {@link org.kvmzone.bridge.probe.Watch} as in D;
 * once started it is an {@link org.kvmzone.bridge.probe.Aggregation}, which takes in every firing
 * on the thread that fired and gives a {@link org.kvmzone.bridge.probe.Snapshot} to anybody who
 * asks, printed as DTrace prints it. What is always counted, watched or not, is in {@link
 * org.kvmzone.bridge.probe.Counters}. The room depends on nothing but the JDK.
 */
@NullMarked
package org.kvmzone.bridge.probe;

import org.jspecify.annotations.NullMarked;
