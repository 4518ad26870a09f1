/** Tests of {@code org.kvmzone.cli.qemu}. */
@NullMarked
package org.kvmzone.cli.qemu;

import org.jspecify.annotations.NullMarked;
