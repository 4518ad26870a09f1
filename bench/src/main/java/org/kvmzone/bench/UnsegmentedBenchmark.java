package org.kvmzone.bench;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.net.NetRehearsal;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * TCP that a guest leaves to be segmented, 60 KiB in a frame, on its way to another guest on the
 * same etherstub: whole to one that takes it so, else as segments with checksums. In Gbit/s of the
 * stream; the drivers' part, on the same thread, included.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class UnsegmentedBenchmark {
  private static final double GIGABITS = 8 / 1e9;

  /** As the receiver has negotiated it. */
  @Param({"true", "false"})
  boolean taken = true;

  @Param({"split", "packed"})
  String ring = "split";

  private @Nullable NetRehearsal rehearsal;

  /** What was sent. */
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  @State(Scope.Thread)
  public static class Sent {
    public double gigabits;
  }

  @Setup(Level.Trial)
  public void open() {
    rehearsal =
        NetRehearsal.unsegmented(
            NetRehearsal.Way.ETHERSTUB, ring.equals("packed") ? Features.RING_PACKED : 0, taken);
  }

  @TearDown(Level.Trial)
  public void close() {
    Objects.requireNonNull(rehearsal).close();
  }

  @Benchmark
  public int frames(Sent sent) {
    int frames = Objects.requireNonNull(rehearsal).round();
    if (frames == 0) {
      throw new IllegalStateException("nothing is sent");
    }
    sent.gigabits += frames * (double) NetRehearsal.UNSEGMENTED_BYTES * GIGABITS;
    return frames;
  }
}
