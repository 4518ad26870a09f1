package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.memory.Buffers;

/** Frames in several chunks on their way to a kernel that the test plays. */
class XdpWriterTest {
  private static final int LONGEST = 9018;
  private static final int CHUNK = 4096;

  private final NetNamespace namespace = NetNamespace.withTun();
  private final Drops drops = new Drops("v0");
  private final Deque<Long> toComplete = new ArrayDeque<>();
  private final Set<Long> taken = new HashSet<>();
  private XdpSocket socket;
  private XdpWriter writer;
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
    writer = new XdpWriter("v0", socket, drops);
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
    byte[] frame = VnicContractTest.frame(MAC_B, MAC_A, number, length);
    new Random(number).nextBytes(frame);
    return frame;
  }

  /**
   * The frames that are in the ring, each whole; their chunks are the kernel's until it is told.
   */
  private List<byte[]> sent() {
    List<byte[]> frames = new ArrayList<>();
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    while (kernel.sending() > 0) {
      KernelSide.Entry entry = kernel.takeEntry();
      assertThat(taken.add(entry.at())).as("a chunk that the kernel has already").isTrue();
      assertThat(entry.at() % CHUNK).isZero();
      assertThat(entry.at()).isGreaterThanOrEqualTo((long) XdpSocket.RECEIVING * CHUNK);
      toComplete.add(entry.at());
      frame.writeBytes(kernel.bytes(entry));
      if (!entry.continued()) {
        frames.add(frame.toByteArray());
        frame.reset();
      }
    }
    assertThat(frame.size()).as("of a frame whose end is not there").isZero();
    return frames;
  }

  private void complete(int count) {
    for (int i = 0; i < count; i++) {
      long chunk = toComplete.remove();
      taken.remove(chunk);
      kernel.complete(chunk);
    }
  }

  private int send(byte[]... frames) {
    return writer.send(Recorder.batch(frames));
  }

  private void assertAllChunksAreBack() {
    complete(toComplete.size());
    byte[][] small = new byte[FrameBatch.MAX_FRAMES][];
    Arrays.setAll(small, i -> frame(i, 60));
    int count = 0;
    for (int some = small.length; some == small.length; count += some) {
      some = send(small);
    }
    assertThat(count).isEqualTo(XdpSocket.SENDING);
    assertThat(sent()).hasSize(XdpSocket.SENDING);
  }

  @ParameterizedTest
  @ValueSource(ints = {14, 60, 4095, 4096, 4097, 8191, 8192, 8193, LONGEST})
  void frame_isWhole_inAsManyChunksAsItNeeds(int length) {
    assertThat(send(frame(1, length))).isEqualTo(1);

    assertThat(kernel.sending()).isEqualTo((length + CHUNK - 1) / CHUNK);
    assertThat(sent()).containsExactly(frame(1, length));
    assertAllChunksAreBack();
  }

  @Test
  void frameThatIsTooLong_isLostAndCounted() {
    assertThat(send(frame(1, 60), frame(2, LONGEST + 1), frame(3, LONGEST))).isEqualTo(3);

    assertThat(sent()).containsExactly(frame(1, 60), frame(3, LONGEST));
    assertThat(drops.of(Drop.TX_TOO_LONG)).isEqualTo(1);
    assertAllChunksAreBack();
  }

  /** All of a frame's parts have room, or none is in the ring. */
  @Test
  void frameThatFindsTooFewChunks_isNotTaken_untilThereAreEnough() {
    int fit = XdpSocket.SENDING / 3;
    for (int i = 0; i < fit; i++) {
      assertThat(send(frame(i, LONGEST))).isEqualTo(1);
    }
    assertThat(send(frame(fit, LONGEST), frame(fit + 1, 60))).as("of one chunk left").isZero();
    assertThat(writer.isFull()).isTrue();
    assertThat(sent()).hasSize(fit);
    complete(1);
    assertThat(send(frame(fit, LONGEST), frame(fit + 1, 60))).as("of two").isZero();
    assertThat(sent()).isEmpty();
    complete(1);
    assertThat(send(frame(fit, LONGEST), frame(fit + 1, 60))).as("of three").isEqualTo(1);

    assertThat(sent()).containsExactly(frame(fit, LONGEST));
    complete(1);
    assertThat(send(frame(fit + 1, 60))).isEqualTo(1);
    assertThat(writer.isFull()).isFalse();
    assertThat(sent()).containsExactly(frame(fit + 1, 60));
    assertAllChunksAreBack();
  }

  /** The same by one of several threads, as an uplink is sent by. */
  @Test
  void frameOfAShare_thatFindsTooFewChunks_isNotTaken() {
    XdpSharedWriter shared = new XdpSharedWriter(writer, drops);
    int fit = XdpSocket.SENDING / 3;
    for (int i = 0; i < fit; i++) {
      assertThat(shared.send(Recorder.batch(frame(i, LONGEST)), 0)).isTrue();
    }
    assertThat(shared.send(Recorder.batch(frame(fit, LONGEST)), 0)).isFalse();
    assertThat(sent()).hasSize(fit);
    complete(2);

    assertThat(shared.send(Recorder.batch(frame(fit, LONGEST)), 0)).isTrue();

    assertThat(sent()).containsExactly(frame(fit, LONGEST));
    assertAllChunksAreBack();
  }

  /** A front end takes the guest's memory away while its frame is copied. */
  @Test
  void frameWhoseMemoryIsGone_takesNoChunk() {
    FrameBatch batch = new FrameBatch(1, LONGEST);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(LONGEST);
      Buffers source = new Buffers();
      source.add(memory, 0, LONGEST);
      batch.stage(source, 0, LONGEST);
      batch.addStaged();
    }

    assertThatThrownBy(() -> writer.send(batch)).isInstanceOf(IllegalStateException.class);

    assertThat(kernel.sending()).isZero();
    assertAllChunksAreBack();
  }

  /** Frames of any length, and a kernel that is done with chunks in any number and at any time. */
  @Test
  void manyFrames_areSentInOrder_whatTheKernelEverHas() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int next = 0;
    List<byte[]> wanted = new ArrayList<>();
    List<byte[]> there = new ArrayList<>();
    for (int round = 0; round < 300; round++) {
      byte[][] frames = new byte[1 + random.nextInt(FrameBatch.MAX_FRAMES)][];
      for (int i = 0; i < frames.length; i++) {
        frames[i] = frame(next++, 14 + random.nextInt(random.nextBoolean() ? 600 : LONGEST - 13));
      }
      wanted.addAll(Arrays.asList(frames).subList(0, send(frames)));
      if (random.nextInt(3) == 0) {
        there.addAll(sent());
        complete(random.nextInt(toComplete.size() + 1));
      }
      if (there.size() > 1000) {
        assertSame(there, wanted.subList(0, there.size()), seed);
        wanted.subList(0, there.size()).clear();
        there.clear();
      }
    }
    there.addAll(sent());

    assertSame(there, wanted, seed);
    assertAllChunksAreBack();
  }

  private static void assertSame(List<byte[]> there, List<byte[]> wanted, long seed) {
    assertThat(there).as("seed %d", seed).hasSize(wanted.size());
    for (int i = 0; i < wanted.size(); i++) {
      assertThat(there.get(i)).as("frame %d, seed %d", i, seed).isEqualTo(wanted.get(i));
    }
  }
}
