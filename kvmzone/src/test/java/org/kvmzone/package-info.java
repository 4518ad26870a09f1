/** Tests of the house as a whole. */
@NullMarked
package org.kvmzone;

import org.jspecify.annotations.NullMarked;
