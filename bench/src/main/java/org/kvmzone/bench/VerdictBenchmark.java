package org.kvmzone.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.kvmzone.antispoof.LinkProtection;
import org.kvmzone.antispoof.LinkProtectionConfig;
import org.kvmzone.antispoof.Verdict;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpProtocol;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.Frames;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What antispoof costs a frame: its headers parsed, and judged by all four protections. {@code
 * parse} alone is the part that other users of the frame need anyway.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
@State(Scope.Thread)
public class VerdictBenchmark {
  private static final String MAC = "02:08:20:00:00:01";
  private static final String PEER = "02:08:20:00:00:02";
  private static final int COUNT = 1024;

  /** IPv4 alone, or half IPv4, four tenths IPv6, one tenth ARP in no order. */
  @Param({"ipv4", "mixed"})
  private String traffic = "ipv4";

  private final LinkProtection protection =
      new LinkProtection(
          LinkProtectionConfig.builder(MacAddress.parse(MAC))
              .ip(Ipv4Address.parse("10.0.0.5"))
              .build());
  private final Frame frame = new Frame();
  private final MemorySegment memory = Arena.global().allocate(COUNT * (long) Frame.HEAD, 64);
  private final int[] lengths = new int[COUNT];
  private int next;
  private boolean filled;

  private void fill() {
    filled = true;
    SplittableRandom random = new SplittableRandom(1);
    List<byte[]> kinds =
        List.of(
            Frames.ethernet(
                PEER,
                MAC,
                EtherType.IPV4,
                Frames.ipv4("10.0.0.5", "10.0.0.9", IpProtocol.TCP, Frames.tcp(40000, 80))),
            Frames.ethernet(
                PEER,
                MAC,
                EtherType.IPV6,
                Frames.ipv6(
                    "fe80::8:20ff:fe00:1", "fe80::2", IpProtocol.TCP, Frames.tcp(40000, 80))),
            Frames.ethernet(PEER, MAC, EtherType.ARP, Frames.arp(1, MAC, "10.0.0.5", "10.0.0.9")));
    for (int i = 0; i < COUNT; i++) {
      int dice = traffic.equals("ipv4") ? 0 : random.nextInt(10);
      byte[] bytes = kinds.get(dice < 5 ? 0 : dice < 9 ? 1 : 2);
      lengths[i] = bytes.length;
      MemorySegment.copy(
          bytes, 0, memory, ValueLayout.JAVA_BYTE, i * (long) Frame.HEAD, bytes.length);
    }
  }

  private void wrapNext() {
    if (!filled) {
      fill();
    }
    int i = next++ & (COUNT - 1);
    frame.wrap(memory, i * (long) Frame.HEAD, lengths[i], lengths[i]);
  }

  /** Parses a frame's headers. */
  @Benchmark
  public Frame parse() {
    wrapNext();
    return frame;
  }

  /** Parses and judges. */
  @Benchmark
  public Verdict parseAndJudge() {
    wrapNext();
    Verdict verdict = protection.check(frame);
    if (!verdict.passes()) {
      throw new AssertionError(verdict);
    }
    return verdict;
  }
}
