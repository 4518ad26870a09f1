/**
 * JMH benchmarks of what runs per frame and per request. They promise little time and, with {@code
 * -prof gc}, no allocation.
 *
 * <pre>{@code
 * mvn -q package -pl bench -am && java -cp … org.openjdk.jmh.Main ProbeBenchmark -prof gc
 * }</pre>
 */
@NullMarked
package org.kvmzone.bench;

import org.jspecify.annotations.NullMarked;
