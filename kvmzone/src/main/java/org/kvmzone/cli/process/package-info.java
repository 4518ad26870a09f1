/**
 * Other programs, run without a shell and for a bounded time.
 *
 * <p>A {@link org.kvmzone.cli.process.BoundedProcess} is one that has been run: what it printed,
 * and how it ended. {@link org.kvmzone.cli.process.SearchPath} finds programs.
 */
@NullMarked
package org.kvmzone.cli.process;

import org.jspecify.annotations.NullMarked;
