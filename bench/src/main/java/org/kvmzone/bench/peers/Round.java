package org.kvmzone.bench.peers;

import java.util.List;
import java.util.Map;

/**
 * All sides of a case, measured one after the other.
 *
 * @param distances how far apart the CPUs were, nanoseconds, before and after each side
 * @param disturbed whether something held them up, as {@link Rounds} tells
 */
record Round(Map<String, Sample> samples, List<Double> distances, boolean disturbed) {}
