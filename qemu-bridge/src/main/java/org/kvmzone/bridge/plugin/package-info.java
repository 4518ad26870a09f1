/**
 * The Java half of {@code libqemu-bridge.so}: devices in the QEMU process itself.
 *
 * <p>The C half (src/main/c) is loaded by QEMU between its back ends and its board. It starts the
 * JVM and calls {@link org.kvmzone.bridge.plugin.Plugin}: {@code start} with the plugin's
 * arguments, which makes the devices and says what QEMU is to add for each; then {@code connect},
 * when the chardevs are there, so that the devices answer while QEMU's main thread sets up netdevs,
 * board and devices; then {@code stop}, when QEMU exits. What is thrown becomes one line for the
 * operator, and the end of QEMU.
 */
@NullMarked
package org.kvmzone.bridge.plugin;

import org.jspecify.annotations.NullMarked;
