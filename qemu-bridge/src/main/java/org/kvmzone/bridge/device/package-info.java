/**
 * What a virtio device is to the rest of the bridge, and the threads that run it.
 *
 * <p>Whoever adds a device implements {@link org.kvmzone.bridge.device.VirtioDevice} (feature bits,
 * configuration space, what to do with a queue) and a {@link
 * org.kvmzone.bridge.device.DeviceProvider} that makes it from a {@link
 * org.kvmzone.bridge.device.Spec}, the string an operator types. It sees no transport: a session
 * hands it {@link org.kvmzone.bridge.device.DeviceQueue}s that are set up, and a {@link
 * org.kvmzone.bridge.device.QueueLoop} calls {@code process} on them from one thread at a time,
 * polls a little while when there is nothing to do, and then sleeps.
 */
@NullMarked
package org.kvmzone.bridge.device;

import org.jspecify.annotations.NullMarked;
