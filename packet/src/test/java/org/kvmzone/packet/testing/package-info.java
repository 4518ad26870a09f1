/**
 * Frames to test with, made octet by octet and without the code under test, so that they can be its
 * oracle; and seeds for random ones.
 */
@NullMarked
package org.kvmzone.packet.testing;

import org.jspecify.annotations.NullMarked;
