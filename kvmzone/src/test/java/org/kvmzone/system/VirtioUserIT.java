package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * DPDK's virtio-user drives two NICs of {@code kvmzone serve} on one etherstub, in both directions
 * at once. Every frame has to arrive as it was sent, once, and in its flow's order.
 */
final class VirtioUserIT {
  private static final int FRAMES = 1000;
  private static final int FLOWS = 16;
  private static final int FLOW_AT = 26; // IPv4 addresses and the ports behind them
  private static final int FLOW_BYTES = 12;

  private static final long MRG_RXBUF = 1L << 15;
  private static final long RING_PACKED = 1L << 34;
  private static final long IN_ORDER = 1L << 35;

  private static final Nic LEFT = new Nic("left", 1);
  private static final Nic RIGHT = new Nic("right", 2);

  @TempDir Path directory;

  @BeforeEach
  void needsDpdk() {
    Trixie.require();
  }

  /** One end: its MAC address ends with its number, as its IP address does. */
  private record Nic(String id, int number) {
    String spec(int queues) {
      return ("vnic,id=%s,over=stub0,macaddr=02:08:20:00:00:%02x,ip=10.91.0.%d,"
              + "netmask=255.255.255.0,backlog=4096,queues=%d")
          .formatted(id, number, number, queues);
    }

    Testpmd.Port port(Path directory) {
      return new Testpmd.Port(
          directory.resolve(id + ".sock"),
          directory.resolve(id + ".sent"),
          directory.resolve(id + ".received"));
    }
  }

  @ParameterizedTest(name = "{0} queues, mergeable {1}, packed {2}, in order {3}, vectorized {4}")
  @CsvSource({
    "1, 0, 0, 0, 0",
    "1, 0, 0, 0, 1",
    "1, 1, 0, 0, 0",
    "4, 1, 0, 0, 0",
    "1, 0, 1, 0, 0",
    "1, 1, 1, 0, 0",
    "4, 1, 1, 0, 0",
    "1, 0, 0, 1, 0",
    "1, 1, 0, 1, 0",
    "1, 0, 1, 1, 0",
    "4, 1, 1, 1, 0",
  })
  void frames_arriveWholeOnceAndInOrder(
      int queues, int mergeable, int packed, int inOrder, int vectorized) throws Exception {
    long features = mergeable * MRG_RXBUF | packed * RING_PACKED | inOrder * IN_ORDER;
    String virtio =
        "mrg_rxbuf=%d,packed_vq=%d,in_order=%d,vectorized=%d"
            .formatted(mergeable, packed, inOrder, vectorized);
    // A frame that fits into one buffer proves nothing of merging. But in packed rings a frame in
    // pieces is none: DPDK marks the header in its indirect tables as writable, which only a
    // device that looks away accepts.
    int bufferBytes = mergeable == 1 && packed == 0 ? 1024 : 2176;
    long seed = new Random().nextLong();
    Testpmd.Port left = LEFT.port(directory);
    Testpmd.Port right = RIGHT.port(directory);
    Map<ByteBuffer, List<ByteBuffer>> toRight = send(left, LEFT, RIGHT, queues, new Random(seed));
    Map<ByteBuffer, List<ByteBuffer>> toLeft = send(right, RIGHT, LEFT, queues, new Random(~seed));
    Testpmd.Options options = new Testpmd.Options(queues, virtio, bufferBytes);
    try (Server server = serve(queues)) {
      Footprint before = Footprint.of(server.pid());
      try (Testpmd testpmd = Testpmd.start(directory, left, right, options)) {
        assertThat(testpmd.negotiated() & (MRG_RXBUF | RING_PACKED | IN_ORDER)).isEqualTo(features);
        testpmd.awaitReceived(queues * FRAMES);
        testpmd.quit();
      }
      assertThat(received(right, queues)).as("to the right, seed %d", seed).isEqualTo(toRight);
      assertThat(received(left, queues)).as("to the left, seed %d", seed).isEqualTo(toLeft);
      Footprint.awaitNoMoreThan(before, server.pid());
      assertThat(server.terminate()).isZero();
    }
  }

  private Server serve(int queues) throws IOException {
    return new Server(
        directory.getFileName().toString(),
        directory,
        List.of("--net", LEFT.spec(queues), "--net", RIGHT.spec(queues)));
  }

  /** Makes what a port sends, a file for each queue; returns it by flow. */
  private static Map<ByteBuffer, List<ByteBuffer>> send(
      Testpmd.Port port, Nic from, Nic to, int queues, Random random) throws IOException {
    Map<ByteBuffer, List<ByteBuffer>> flows = new LinkedHashMap<>();
    for (int queue = 0; queue < queues; queue++) {
      List<ByteBuffer> frames = new ArrayList<>();
      for (int i = 0; i < FRAMES; i++) {
        frames.add(frame(from, to, queue * FLOWS + random.nextInt(FLOWS), random));
      }
      Pcap.write(Path.of(port.sent() + "." + queue), frames);
      frames.forEach(frame -> sort(frame, flows));
    }
    return flows;
  }

  private static Map<ByteBuffer, List<ByteBuffer>> received(Testpmd.Port port, int queues)
      throws IOException {
    Map<ByteBuffer, List<ByteBuffer>> flows = new LinkedHashMap<>();
    for (int queue = 0; queue < queues; queue++) {
      Pcap.read(Path.of(port.received() + "." + queue)).forEach(frame -> sort(frame, flows));
    }
    return flows;
  }

  private static void sort(ByteBuffer frame, Map<ByteBuffer, List<ByteBuffer>> flows) {
    flows.computeIfAbsent(frame.slice(FLOW_AT, FLOW_BYTES), _ -> new ArrayList<>()).add(frame);
  }

  /** A UDP datagram of random data, of any length from the shortest frame to the longest. */
  private static ByteBuffer frame(Nic from, Nic to, int flow, Random random) {
    byte[] bytes = new byte[random.nextInt(4) == 0 ? 1514 : 60 + random.nextInt(1455)];
    random.nextBytes(bytes);
    ByteBuffer frame = ByteBuffer.wrap(bytes);
    boolean everybody = random.nextInt(16) == 0;
    frame
        .putShort((short) (everybody ? 0xffff : 0x0208))
        .putInt(everybody ? -1 : 0x2000_0000 | to.number);
    frame.putShort((short) 0x0208).putInt(0x2000_0000 | from.number).putShort((short) 0x0800);
    int length = bytes.length - 14;
    frame
        .putShort((short) 0x4500)
        .putShort((short) length)
        .putInt(0)
        .putShort((short) 0x4011)
        .putShort((short) 0);
    frame.putInt(0x0a5b_0000 | from.number).putInt(0x0a5b_0000 | to.number);
    frame.putShort((short) (5000 + flow)).putShort((short) 6000);
    frame.putShort((short) (length - 20)).putShort((short) 0);
    return frame.rewind();
  }
}
