/**
 * A front end of our own, held against real sessions: it plays what other front ends were recorded
 * to say, and then everything that a hostile one, or a hostile guest behind it, could think of.
 *
 * <p>{@link org.kvmzone.bridge.conformance.Player} plays a {@link
 * org.kvmzone.bridge.conformance.Recording}. The bug classes C1 to C18 and the traps T1 to T19 of
 * the reference ({@code vhost-user.md} §5.1 and §1.8) have a test each, by these names; those that
 * are about a device are in its module. {@code Conformance} says what holds after each of them; a
 * {@link org.kvmzone.bridge.conformance.Neighbour} must not have noticed.
 */
@NullMarked
package org.kvmzone.bridge.conformance;

import org.jspecify.annotations.NullMarked;
