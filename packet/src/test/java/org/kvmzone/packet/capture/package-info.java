@NullMarked
package org.kvmzone.packet.capture;

import org.jspecify.annotations.NullMarked;
