/**
 * The vhost-user protocol, back-end side: how QEMU and others hand a device its queues.
 *
 * <p>A {@link org.kvmzone.bridge.vhostuser.Listener} or {@link
 * org.kvmzone.bridge.vhostuser.Connector} makes a connection and gives it to a {@link
 * org.kvmzone.bridge.vhostuser.Session}, whose thread reads one message after the other: bytes and
 * descriptors by {@code Wire}, made a {@code Message} by {@code MessageDecoder}, acted upon by a
 * switch. What a ring was told accumulates in a {@code Ring}; when it is complete, and its memory
 * is there, the ring becomes a {@link org.kvmzone.bridge.device.DeviceQueue} on the device's loop.
 *
 * <p>A front end is not trusted. A message that cannot be acted upon is refused if the front end
 * asked for an answer, and otherwise ends the connection; nothing ends the process. Stopping a ring
 * takes a bounded time: what hangs longer keeps its memory mapped, and the connection is closed, so
 * that QEMU's main loop never waits for storage.
 */
@NullMarked
package org.kvmzone.bridge.vhostuser;

import org.jspecify.annotations.NullMarked;
