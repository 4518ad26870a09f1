/**
 * The {@code kvmzone} command: one class a subcommand, and what they share.
 *
 * <p>{@link org.kvmzone.cli.Main} takes what follows {@code --} off the command line, for QEMU, and
 * lets picocli find the subcommand for the rest. A subcommand prints its results on stdout. What
 * goes wrong is thrown, by whatever room it happens in, and becomes one line on stderr and an exit
 * code in {@link org.kvmzone.cli.Failure}: 0 done, 1 failed, 2 usage, 3 something is missing on
 * this machine.
 */
@NullMarked
package org.kvmzone.cli;

import org.jspecify.annotations.NullMarked;
