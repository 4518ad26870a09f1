@NullMarked
package org.kvmzone.bench.peers;

import org.jspecify.annotations.NullMarked;
