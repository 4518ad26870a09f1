/** Tests of volumes and pools, without any. */
@NullMarked
package org.kvmzone.cli.volume;

import org.jspecify.annotations.NullMarked;
