/**
 * What a process that hosts devices is made of, and how one talks to it while it runs.
 *
 * <p>A {@link org.kvmzone.bridge.control.DeviceHost} makes devices from SPECs, each with its
 * threads and the socket where its front end is met.
 *
 * <p>Every such process listens at a {@link org.kvmzone.bridge.control.ControlServer control
 * socket} in its {@link org.kvmzone.bridge.control.RunDirectory}. A client sends a line of {@link
 * org.kvmzone.bridge.control.Json}; it is checked, handed to the {@link
 * org.kvmzone.bridge.control.Handler} of its command, and answered with a line. {@link
 * org.kvmzone.bridge.control.ProbeCommands} are the commands that watch probes. What nobody asked
 * for goes to stderr, by {@link org.kvmzone.bridge.control.StderrLoggerFinder}.
 */
@NullMarked
package org.kvmzone.bridge.control;

import org.jspecify.annotations.NullMarked;
