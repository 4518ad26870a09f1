/** Bounds-checked views of the headers in an Ethernet frame. */
@NullMarked
package org.kvmzone.packet;

import org.jspecify.annotations.NullMarked;
