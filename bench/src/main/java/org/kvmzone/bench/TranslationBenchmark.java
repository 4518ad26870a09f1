package org.kvmzone.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;
import org.kvmzone.bridge.testing.GuestRam;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A guest address looked up: in the region found last, and in another each time. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
@State(Scope.Thread)
public class TranslationBenchmark {
  private static final int REGIONS = 8;
  private static final long SIZE = 1 << 20;

  @Param({"same", "another"})
  private String region = "same";

  private final List<GuestRam> rams =
      LongStream.range(0, REGIONS)
          .mapToObj(i -> new GuestRam(SIZE, i << 32, (i + 64) << 32))
          .toList();
  private final GuestMemory memory = new GuestMemory(rams.stream().map(GuestRam::region).toList());
  private @Nullable MemoryRegion hint;
  private long next;
  private long regionMask = REGIONS - 1; // which bits of the region's number change
  private long regionBits;

  /** Makes all addresses lie in one region, if that is asked for. */
  @Setup
  public void setUp() {
    if (region.equals("same")) {
      regionMask = 0;
      regionBits = 3;
    }
  }

  /** Unmaps the regions. */
  @TearDown
  public void tearDown() {
    rams.forEach(GuestRam::close);
  }

  /** The native address of a guest address. */
  @Benchmark
  public long translate() {
    next += 4096;
    long index = ((next >>> 12) & regionMask) | regionBits;
    long address = (index << 32) + (next & (SIZE - 1));
    MemoryRegion found = memory.region(address, hint);
    if (found == null) {
      throw new AssertionError("not found");
    }
    hint = found;
    return found.segment().address() + address - found.guestAddress();
  }
}
