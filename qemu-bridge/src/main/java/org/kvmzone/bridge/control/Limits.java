package org.kvmzone.bridge.control;

import java.time.Duration;

/**
 * What a control server puts up with.
 *
 * @param clients the most connections at a time; more are told so and closed
 * @param idle how long a client may be silent that nothing is kept for
 * @param progress how long a client may leave a line half sent, or a reply unread
 */
record Limits(int clients, Duration idle, Duration progress) {
  static final Limits STANDARD = new Limits(16, Duration.ofSeconds(60), Duration.ofSeconds(10));
}
