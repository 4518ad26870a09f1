/**
 * Tests of the command, through picocli in this process: what it prints, and its exit code.
 *
 * <p>{@link org.kvmzone.cli.Cli} runs a command in surroundings of its own: an empty cache, an
 * empty run directory. {@link org.kvmzone.cli.FakeQemu} is a script that answers as a QEMU does.
 */
@NullMarked
package org.kvmzone.cli;

import org.jspecify.annotations.NullMarked;
