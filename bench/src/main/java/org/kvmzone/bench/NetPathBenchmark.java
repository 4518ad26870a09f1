package org.kvmzone.bench;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.Capture;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.net.NetRehearsal;
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
 * A frame's whole way through a network device; the driver's part, on the same thread, included.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class NetPathBenchmark {
  private static final int FRAMES = 256;

  @Param({"DISCARD", "ECHO", "CHARGEN", "ETHERSTUB"})
  NetRehearsal.Way way = NetRehearsal.Way.DISCARD;

  @Param({"60", "1514"})
  int frameSize = 60;

  @Param({"split", "packed"})
  String ring = "split";

  /**
   * What the sender is held to: link protection; with {@code -p held=all} a cap and a flow besides,
   * which let everything pass; with {@code none} nothing.
   */
  @Param("default")
  String held = "default";

  /** With {@code -p capture=on}, frames are captured, and what is recorded is thrown away. */
  @Param("off")
  String capture = "off";

  private @Nullable NetRehearsal rehearsal;
  private List<Capture> captures = List.of();

  @Setup(Level.Trial)
  public void open() {
    long features = ring.equals("packed") ? Features.RING_PACKED : 0;
    rehearsal = new NetRehearsal(way, features, frameSize, properties());
    if (capture.equals("on")) {
      captures = rehearsal.capture();
      captures.forEach(each -> Thread.ofPlatform().daemon().start(() -> drain(each)));
    }
  }

  private static void drain(Capture capture) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4 * Capture.ROOM);
    while (capture.read(buffer)) {
      if (buffer.position() == 0) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      }
      buffer.clear();
    }
  }

  private String properties() {
    return switch (held) {
      case "none" -> ",mac-nospoof=off,restricted=off,ip-nospoof=off,dhcp-nospoof=off";
      case "all" -> ",maxbw=1000G,flow.all=transport=udp,,remote_port=9,,maxbw=1000G";
      default -> "";
    };
  }

  @TearDown(Level.Trial)
  public void close() {
    captures.forEach(Capture::stop);
    rehearsal().close();
  }

  private NetRehearsal rehearsal() {
    return Objects.requireNonNull(rehearsal);
  }

  @Benchmark
  @OperationsPerInvocation(FRAMES)
  public int frame() {
    int frames = rehearsal().round();
    if (frames != FRAMES) {
      throw new IllegalStateException(frames + " frames");
    }
    return frames;
  }
}
