/**
 * {@code bin/bench footprint}: what devices in Java cost before a guest runs its first instruction.
 *
 * <p>A {@link org.kvmzone.bench.footprint.Subject} is a program, and what it says when it is ready:
 * QEMU, stopped before the first instruction, without devices, with its own, with ours; and {@code
 * kvmzone serve}. {@link org.kvmzone.bench.footprint.FootprintCommand} starts them in turns, {@link
 * org.kvmzone.bench.footprint.Footprint} looks at them, when they are ready and again when they
 * have been idle, and {@link org.kvmzone.bench.footprint.FootprintReport} keeps what it saw.
 */
@NullMarked
package org.kvmzone.bench.footprint;

import org.jspecify.annotations.NullMarked;
