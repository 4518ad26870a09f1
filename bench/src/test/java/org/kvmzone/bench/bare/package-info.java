/** That the yardstick does the work that it is a yardstick for. */
@NullMarked
package org.kvmzone.bench.bare;

import org.jspecify.annotations.NullMarked;
