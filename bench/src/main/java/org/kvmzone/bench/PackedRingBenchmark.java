package org.kvmzone.bench;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.PackedDriverRing;
import org.kvmzone.bridge.virtqueue.Chain;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.bridge.virtqueue.PackedVirtqueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
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
 * What {@link RingBenchmark} measures, in a packed ring. Here a driver has to write every
 * descriptor again, since the device wrote over it: that is part of the figure, and {@link #offer}
 * is that part alone.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
@State(Scope.Thread)
public class PackedRingBenchmark {
  private static final int SIZE = 256;
  private static final int BATCH = 64;

  @Param({"direct", "indirect"})
  private String descriptors = "direct";

  private final GuestRam ram = new GuestRam(16 << 20);
  private final PackedDriverRing driver = new PackedDriverRing(ram, SIZE);
  private final Chain chain = new Chain();
  private final PackedVirtqueue ring =
      new PackedVirtqueue(
          SIZE,
          Features.VERSION_1 | Features.INDIRECT_DESC | Features.EVENT_IDX,
          driver.base(),
          ram.memory(),
          driver.memory());
  private final long[] headers = new long[BATCH];
  private final long[] buffers = new long[BATCH];
  private final long[] tables = new long[BATCH];
  private boolean indirect;

  /** Lays out as many chains as a batch has. */
  @Setup
  public void setUp() {
    indirect = descriptors.equals("indirect");
    for (int i = 0; i < BATCH; i++) {
      headers[i] = ram.allocate(16, 16);
      buffers[i] = ram.allocate(4096, 4096);
      tables[i] = ram.allocate(32, 16);
      MemorySegment table = ram.at(tables[i], 32);
      PackedDriverRing.descriptor(table, 0, headers[i], 16, 0, 0);
      PackedDriverRing.descriptor(table, 1, buffers[i], 4096, 0, PackedDriverRing.WRITE);
    }
  }

  /** Frees the guest's memory. */
  @TearDown
  public void tearDown() {
    ram.close();
  }

  /** What the driver does of {@link #popAndPush}. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int offer() {
    for (int i = 0; i < BATCH; i++) {
      if (indirect) {
        driver.offer(tables[i], 32, i, PackedDriverRing.INDIRECT);
      } else {
        driver.offer(headers[i], 16, i, PackedDriverRing.NEXT);
        driver.offer(buffers[i], 4096, i, PackedDriverRing.WRITE);
      }
    }
    return driver.available();
  }

  /** One chain's share of a batch. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int popAndPush() {
    int place = offer();
    int done = 0;
    while (ring.pop(chain)) {
      ring.push(chain, 4096);
      done++;
    }
    ring.publish();
    if (done != BATCH) {
      throw new AssertionError(done + " chains popped: " + ring.fault());
    }
    return ring.interruptWanted() ? place : -place;
  }
}
