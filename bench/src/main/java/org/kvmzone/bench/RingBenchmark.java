package org.kvmzone.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.virtqueue.Chain;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.bridge.virtqueue.SplitVirtqueue;
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
 * A chain popped, checked, and given back, in batches of 64, all in one core's cache: what a ring
 * costs besides the traffic between two cores. A chain is a header and a buffer, as a disk's.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
@State(Scope.Thread)
public class RingBenchmark {
  private static final int SIZE = 256;
  private static final int BATCH = 64;
  private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;
  private static final VarHandle INDEX = U16.varHandle();

  @Param({"direct", "indirect"})
  private String descriptors = "direct";

  private final GuestRam ram = new GuestRam(16 << 20);
  private final DriverRing driver = new DriverRing(ram, SIZE);
  private final Chain chain = new Chain();
  private final SplitVirtqueue ring =
      new SplitVirtqueue(
          SIZE,
          Features.VERSION_1 | Features.INDIRECT_DESC | Features.EVENT_IDX,
          0,
          ram.memory(),
          driver.memory());
  private int available;

  /** Writes the descriptors once: a driver that uses the same buffers again and again. */
  @Setup
  public void setUp() {
    boolean indirect = descriptors.equals("indirect");
    MemorySegment ringTable = driver.memory().descriptors();
    for (int i = 0; i < SIZE / 2; i++) {
      long header = ram.allocate(16, 16);
      long buffer = ram.allocate(4096, 4096);
      long table = indirect ? ram.allocate(32, 16) : driver.descriptorsAt();
      MemorySegment where = indirect ? ram.at(table, 32) : ringTable;
      int first = indirect ? 0 : 2 * i;
      DriverRing.descriptor(where, first, header, 16, DriverRing.NEXT, first + 1);
      DriverRing.descriptor(where, first + 1, buffer, 4096, DriverRing.WRITE, 0);
      if (indirect) {
        DriverRing.descriptor(ringTable, 2 * i, table, 32, DriverRing.INDIRECT, 0);
      }
    }
    for (int i = 0; i < SIZE; i++) {
      driver.memory().available().set(U16, 4 + 2L * i, (short) (2 * (i % (SIZE / 2))));
    }
  }

  /** Frees the guest's memory. */
  @TearDown
  public void tearDown() {
    ram.close();
  }

  /** One chain's share of a batch. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int popAndPush() {
    available = (available + BATCH) & 0xffff;
    INDEX.setRelease(driver.memory().available(), 2L, (short) available);
    int done = 0;
    while (ring.pop(chain)) {
      ring.push(chain, 4096);
      done++;
    }
    ring.publish();
    if (done != BATCH) {
      throw new AssertionError(done + " chains popped: " + ring.fault());
    }
    return ring.interruptWanted() ? done : -done;
  }
}
