/** Tests of {@code org.kvmzone.cli.guest}. */
@NullMarked
package org.kvmzone.cli.guest;

import org.jspecify.annotations.NullMarked;
