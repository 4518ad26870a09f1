package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a kernel can say of frames in several chunks, and what it had better not. */
class XdpReaderTest {
  private static final int LONGEST = 9018;
  private static final int ROOM = XdpSocket.LONGEST; // of a chunk

  private final NetNamespace namespace = NetNamespace.withTun();
  private final Recorder guest = new Recorder();
  private final Drops drops = new Drops("v0");
  private XdpSocket socket;
  private XdpReader reader;
  private KernelSide kernel;

  @BeforeEach
  void open() {
    namespace.ipOrSkip("veth", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    socket =
        MultiBuffer.orSkip(() ->
            namespace.call(() -> {
              try (Rtnetlink link = new Rtnetlink()) {
                return new XdpSocket(link.find("v0").orElseThrow(), 0, XdpMode.COPY, LONGEST);
              }
            }));
    XdpWriter writer = new XdpWriter("v0", socket, drops);
    reader = new XdpReader("v0", 0, socket, writer, LONGEST, guest, drops);
    kernel = new KernelSide(socket);
  }

  @AfterEach
  void close() {
    if (kernel != null) {
      kernel.close();
      socket.close();
    }
    namespace.close();
  }

  private static byte[] frame(int number, int length) {
    byte[] frame = VnicContractTest.frame(MAC_A, MAC_B, number, Math.max(length, 14));
    new Random(number).nextBytes(frame);
    return Arrays.copyOf(frame, length);
  }

  private static byte[] slice(byte[] frame, int from, int length) {
    return Arrays.copyOfRange(frame, from, Math.min(frame.length, from + length));
  }

  /** The kernel receives some bytes: of a frame that goes on, or the last of one. */
  private void receive(byte[] bytes, boolean continued) {
    kernel.receive(kernel.takeChunk(), bytes, continued);
  }

  private void receive(byte[] frame) {
    for (int at = 0; at == 0 || at < frame.length; at += ROOM) {
      receive(slice(frame, at, ROOM), at + ROOM < frame.length);
    }
  }

  private List<byte[]> poll() {
    while (reader.poll(64) > 0) {
      // until there is nothing to do
    }
    return guest.take();
  }

  /** Every chunk is the kernel's again, and each of them once. */
  private void assertAllChunksAreBack() {
    assertThat(kernel.chunks()).isEqualTo(XdpSocket.RECEIVING);
    Set<Long> chunks = new HashSet<>();
    for (int i = 0; i < XdpSocket.RECEIVING; i++) {
      chunks.add(kernel.takeChunk());
    }
    assertThat(chunks).hasSize(XdpSocket.RECEIVING);
    assertThat(chunks)
        .allMatch(
            at -> at % socket.chunk() == 0 && at < (long) XdpSocket.RECEIVING * socket.chunk());
  }

  @ParameterizedTest
  @ValueSource(ints = {14, 60, ROOM - 1, ROOM, ROOM + 1, 2 * ROOM, 2 * ROOM + 1, LONGEST})
  void frameInChunks_isWhole(int length) {
    receive(frame(1, length));

    assertThat(poll()).containsExactly(frame(1, length));
    assertAllChunksAreBack();
  }

  @Test
  void frameWhoseEndIsMissing_isWaitedFor() {
    byte[] frame = frame(1, LONGEST);
    receive(slice(frame, 0, ROOM), true);
    assertThat(poll()).isEmpty();
    receive(slice(frame, ROOM, ROOM), true);
    assertThat(poll()).isEmpty();
    assertThat(kernel.chunks()).as("kept").isEqualTo(XdpSocket.RECEIVING - 2);
    receive(slice(frame, 2 * ROOM, ROOM), false);

    assertThat(poll()).containsExactly(frame);
    assertAllChunksAreBack();
  }

  @Test
  void frameThatIsTooLong_isLostAndCounted_andNothingElse() {
    receive(frame(1, 60));
    receive(frame(2, LONGEST + 1));
    receive(frame(3, LONGEST));
    receive(frame(4, 5 * ROOM));
    receive(frame(5, 60));

    assertThat(poll()).containsExactly(frame(1, 60), frame(3, LONGEST), frame(5, 60));
    assertThat(drops.of(Drop.RX_TOO_LONG)).isEqualTo(2);
    assertAllChunksAreBack();
  }

  /** It is counted once, and keeps no chunk, however long it goes on. */
  @Test
  void frameWithoutAnEnd_isCountedOnce_andKeepsNothing() {
    for (int i = 0; i < 3 * XdpSocket.RECEIVING; i++) {
      receive(new byte[ROOM], true);
      assertThat(poll()).isEmpty();
      if (i >= 2) {
        assertThat(kernel.chunks()).isEqualTo(XdpSocket.RECEIVING);
      }
    }
    receive(new byte[1], false);
    receive(frame(1, LONGEST));

    assertThat(poll()).containsExactly(frame(1, LONGEST));
    assertThat(drops.of(Drop.RX_TOO_LONG)).isEqualTo(1);
    assertAllChunksAreBack();
  }

  /** More of it than is read at once, and than is kept. */
  @Test
  void frameThatFillsTheRing_leavesItEmpty() {
    for (int i = 0; i < XdpSocket.RECEIVING; i++) {
      receive(new byte[i % 2], true);
    }

    assertThat(poll()).isEmpty();
    assertThat(drops.of(Drop.RX_TOO_LONG)).isEqualTo(1);
    assertAllChunksAreBack();
  }

  @Test
  void frameInTooManyParts_isTooLong() {
    byte[] frame = frame(1, 10 * XdpChain.MOST);
    for (int i = 0; i < XdpChain.MOST; i++) {
      receive(slice(frame, 10 * i, 10), i < XdpChain.MOST - 1);
    }
    assertThat(poll()).as("as many as there may be").containsExactly(frame);
    for (int i = 0; i <= XdpChain.MOST; i++) {
      receive(new byte[10], i < XdpChain.MOST);
    }

    assertThat(poll()).isEmpty();
    assertThat(drops.of(Drop.RX_TOO_LONG)).isEqualTo(1);
    assertAllChunksAreBack();
  }

  @Test
  void runtInParts_isLostAndCounted() {
    receive(new byte[6], true);
    receive(new byte[0], true);
    receive(new byte[7], false);

    assertThat(poll()).isEmpty();
    assertThat(drops.of(Drop.RX_RUNT)).isEqualTo(1);
    assertAllChunksAreBack();
  }

  /** Frames in any parts, that come in at any time, for a guest that has room at times. */
  @Test
  void manyFrames_arriveInOrder_whateverTheirParts() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<byte[]> sent = new ArrayList<>();
    List<byte[]> received = new ArrayList<>();
    int tooLong = 0;
    for (int round = 0; round < 2000; round++) {
      guest.ready(random.nextInt(3) > 0);
      for (int i = random.nextInt(4); i > 0 && kernel.chunks() > XdpSocket.RECEIVING / 2; i--) {
        byte[] frame = frame(round, 14 + random.nextInt(random.nextBoolean() ? 600 : LONGEST));
        tooLong += frame.length > LONGEST ? 1 : 0;
        if (frame.length <= LONGEST) {
          sent.add(frame);
        }
        int each = Math.max(frame.length / XdpChain.MOST + 1, 1 + random.nextInt(ROOM));
        for (int at = 0; at < frame.length; at += each) {
          receive(slice(frame, at, each), at + each < frame.length);
          if (random.nextInt(4) == 0) {
            received.addAll(takeSome(random));
          }
        }
      }
      received.addAll(takeSome(random));
    }
    guest.ready(true);
    received.addAll(poll());

    assertThat(received).as("seed %d", seed).hasSize(sent.size());
    for (int i = 0; i < sent.size(); i++) {
      assertThat(received.get(i)).as("frame %d, seed %d", i, seed).isEqualTo(sent.get(i));
    }
    assertThat(drops.of(Drop.RX_TOO_LONG)).isEqualTo(tooLong);
    assertAllChunksAreBack();
  }

  private List<byte[]> takeSome(Random random) {
    int _ = reader.poll(1 + random.nextInt(100));
    return guest.take();
  }
}
