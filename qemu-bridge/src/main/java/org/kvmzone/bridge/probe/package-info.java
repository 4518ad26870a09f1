/**
 * Seeing what the devices do, at no cost while nobody looks.
 *
 * <p>A device defines a {@link org.kvmzone.bridge.probe.Probe} per event worth seeing and fires it
 * where the event happens. An operator watches probes while the guest runs: every firing is then
 * handed, on the thread that fired, to the {@link org.kvmzone.bridge.probe.Watcher}s of that probe.
 * The room depends on nothing but the JDK; devices depend on it.
 */
@NullMarked
package org.kvmzone.bridge.probe;

import org.jspecify.annotations.NullMarked;
