/** Tests of the network device: guests, networks and clocks that a test plays. */
@NullMarked
package org.kvmzone.net;

import org.jspecify.annotations.NullMarked;
