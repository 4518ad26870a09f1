package org.kvmzone.bench;

import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.probe.Aggregation;
import org.kvmzone.bridge.probe.Arg;
import org.kvmzone.bridge.probe.Counter;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.probe.Probe;
import org.kvmzone.bridge.probe.Watch;
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

/**
 * What a probe costs where it is fired: nothing against an empty call while nobody watches, and no
 * allocation while somebody does.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
public class ProbeBenchmark {
  private static final Probe UNWATCHED = define("unwatched");
  private static final Probe WATCHED = define("watched");
  private static final String[] REASONS = {"mac-nospoof", "ip-nospoof", "dhcp-nospoof", "no-room"};

  private static Probe define(String name) {
    return Probe.define(
        "bench", name, Arg.string("vnic"), Arg.string("reason"), Arg.bytes("length"));
  }

  enum Frames implements Counter {
    PACKETS;

    @Override
    public String kstat() {
      return "ipackets64";
    }
  }

  /** What a frame brings along: something to compute, and what came of it as arguments. */
  @State(Scope.Thread)
  public static class Frame {
    private final Counters<Frames> counters = new Counters<>(Frames.class);
    private String vnic = "net0";
    private long state = 1;

    /** A step of xorshift stands for the work that a frame makes. */
    long length() {
      state ^= state << 13;
      state ^= state >>> 7;
      state ^= state << 17;
      return state & 0xffff;
    }
  }

  /** Somebody watches. */
  @State(Scope.Benchmark)
  public static class Watching {
    @Param({"count()", "avg(length)", "quantize(length)", "lquantize(length, 0, 1000000, 1000)"})
    private String function = "";

    private Aggregation aggregation = Watch.parse("bench:watched @ = count()").start();

    @Setup
    public void start() {
      aggregation.close();
      aggregation = Watch.parse("bench:watched @[vnic, reason] = " + function).start();
    }

    @TearDown
    public void stop() {
      aggregation.close();
    }
  }

  @SuppressWarnings("UnusedVariable") // it is nothing
  private static void nothing(String vnic, String reason, long length) {}

  @Benchmark
  public void empty(Frame frame) {
    long length = frame.length();
    nothing(frame.vnic, REASONS[(int) length & 3], length);
  }

  @Benchmark
  public void unwatched(Frame frame) {
    long length = frame.length();
    UNWATCHED.fire(frame.vnic, REASONS[(int) length & 3], length);
  }

  @Benchmark
  public void watched(Frame frame, Watching watching) {
    long length = frame.length();
    WATCHED.fire(frame.vnic, REASONS[(int) length & 3], length);
  }

  @Benchmark
  public void counter(Frame frame) {
    frame.counters.add(Frames.PACKETS, frame.length());
  }
}
