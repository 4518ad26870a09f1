/**
 * JMH benchmarks of what runs per frame and per request. Each compares with the least that the same
 * work could cost, and {@code -prof gc} shows what is allocated: nothing, per operation.
 *
 * <pre>{@code
 * mvn -q -DskipTests package -pl bench -am
 * java -jar bench/target/benchmarks.jar ProbeBenchmark -prof gc
 * }</pre>
 */
@NullMarked
package org.kvmzone.bench;

import org.jspecify.annotations.NullMarked;
