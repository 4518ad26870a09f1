/**
 * What a process that hosts devices is made of, and how one talks to it while it runs.
 *
 * <p>A {@link org.kvmzone.bridge.control.DeviceHost} makes devices from SPECs, each with its
 * threads and the socket where its front end is met.
 */
@NullMarked
package org.kvmzone.bridge.control;

import org.jspecify.annotations.NullMarked;
