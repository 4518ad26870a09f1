package org.kvmzone.bench;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.kvmzone.blk.BlkRehearsal;
import org.kvmzone.bridge.virtqueue.Features;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A request of 4 KiB to a disk with nothing behind it; the driver's part, on the same thread,
 * included.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BlkPathBenchmark {
  /** Chains of three pieces that a ring of 256 entries holds. */
  private static final int REQUESTS = 85;

  @Param({"read", "write"})
  String op = "read";

  @Param({"split", "packed"})
  String ring = "split";

  private @Nullable BlkRehearsal rehearsal;

  @Setup(Level.Trial)
  public void open() {
    long features = ring.equals("packed") ? Features.RING_PACKED : 0;
    rehearsal = BlkRehearsal.ofNothing(features, op.equals("write"));
  }

  @TearDown(Level.Trial)
  public void close() {
    rehearsal().close();
  }

  private BlkRehearsal rehearsal() {
    return Objects.requireNonNull(rehearsal);
  }

  @Benchmark
  @OperationsPerInvocation(REQUESTS)
  public int request() {
    int requests = rehearsal().round();
    if (requests != REQUESTS) {
      throw new IllegalStateException(requests + " requests");
    }
    return requests;
  }
}
