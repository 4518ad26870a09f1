/**
 * A guest's side of the devices, for tests: memory of its own, and a driver's half of a ring that
 * can be as honest or as hostile as a test wants.
 */
@NullMarked
package org.kvmzone.bridge.testing;

import org.jspecify.annotations.NullMarked;
