package org.kvmzone.bench.peers;

import java.util.Map;

/**
 * All sides of a case, measured one after the other.
 *
 * @param disturbed whether something held them up, as {@link Rounds} tells
 */
record Round(Map<String, Sample> samples, boolean disturbed) {}
