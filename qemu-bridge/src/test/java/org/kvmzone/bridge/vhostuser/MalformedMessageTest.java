package org.kvmzone.bridge.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.testing.FrontEnd;

/** Whatever a front end sends, its connection ends at the worst, and the next one works. */
@Timeout(60)
class MalformedMessageTest {

  static Stream<Arguments> malformed() {
    return Stream.of(
        Arguments.of("a header of another version", header(1, 2, 0)),
        Arguments.of("a reply", header(1, 5, 0)),
        Arguments.of("a size beyond all messages", header(2, 1, 1 << 20)),
        Arguments.of("a negative size", header(2, 1, -1)),
        Arguments.of("a message of no meaning", header(200, 1, 0)),
        Arguments.of("a payload too short", message(MessageDecoder.SET_FEATURES, new byte[4])),
        Arguments.of("a payload too long", message(MessageDecoder.GET_FEATURES, new byte[8])),
        Arguments.of(
            "features that were not offered",
            message(MessageDecoder.SET_FEATURES, FrontEnd.words(1L << 60))),
        Arguments.of(
            "protocol features that were not offered",
            message(MessageDecoder.SET_PROTOCOL_FEATURES, FrontEnd.words(1L << 14))),
        Arguments.of(
            "a ring that is not there",
            message(MessageDecoder.SET_VRING_NUM, FrontEnd.state(2, 64))),
        Arguments.of(
            "a ring beyond all rings",
            message(MessageDecoder.SET_VRING_NUM, FrontEnd.state(0x10000, 64))),
        Arguments.of(
            "a ring of no entries", message(MessageDecoder.SET_VRING_NUM, FrontEnd.state(0, 0))),
        Arguments.of(
            "a ring of 32769 entries",
            message(MessageDecoder.SET_VRING_NUM, FrontEnd.state(0, 32769))),
        Arguments.of(
            "a ring of 65536 entries",
            message(MessageDecoder.SET_VRING_NUM, FrontEnd.state(0, 65536))),
        Arguments.of(
            "a kick without a descriptor",
            message(MessageDecoder.SET_VRING_KICK, FrontEnd.words(0))),
        Arguments.of(
            "a kick that is not to be waited for",
            message(MessageDecoder.SET_VRING_KICK, FrontEnd.words(0x100))),
        Arguments.of(
            "memory without a descriptor",
            message(MessageDecoder.ADD_MEM_REG, FrontEnd.words(0, 0, 4096, 0, 0))),
        Arguments.of(
            "nine memory regions",
            message(
                MessageDecoder.SET_MEM_TABLE, FrontEnd.words(Arrays.copyOf(new long[] {9}, 37)))),
        Arguments.of(
            "no configuration bytes", message(MessageDecoder.GET_CONFIG, FrontEnd.words(0, 0))),
        Arguments.of(
            "configuration bytes beyond the space",
            message(MessageDecoder.GET_CONFIG, FrontEnd.words(200L | 57L << 32, 0))),
        Arguments.of("an end inside a header", new byte[] {1, 0, 0, 0}),
        Arguments.of("an end inside a payload", header(2, 1, 8)));
  }

  private static byte[] header(int request, int flags, int size) {
    return ByteBuffer.allocate(12)
        .order(ByteOrder.nativeOrder())
        .putInt(request)
        .putInt(flags)
        .putInt(size)
        .array();
  }

  private static byte[] message(int request, byte[] payload) {
    return ByteBuffer.allocate(12 + payload.length)
        .put(header(request, 1, payload.length))
        .put(payload)
        .array();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void ends_the_connection_and_the_next_one_works(String what, byte[] bytes) throws Exception {
    try (SessionFixture session = new SessionFixture()) {
      session.frontEnd.sendRaw(bytes);
      session.frontEnd.finish();
      session.awaitEnd();
      assertThat(session.statistics.counters()).as(what).containsEntry("broken", 1L);
      session.reconnect();
      session.startRing();
      session.request((byte) 7);
      assertThat(session.awaitUsed().length()).isEqualTo(1);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void closes_all_descriptors_that_come_with_it(String what, byte[] bytes) throws Exception {
    try (SessionFixture session = new SessionFixture();
        Fd file = Fd.event()) {
      int before = openFiles();
      int[] many = {
        file.number(), file.number(), file.number(), file.number(),
        file.number(), file.number(), file.number(), file.number()
      };
      session.frontEnd.sendRaw(bytes, many);
      session.frontEnd.finish();
      session.awaitEnd();
      assertThat(openFiles()).as(what).isEqualTo(before - 1); // the session's socket
    }
  }

  /** Valid messages with a few bytes changed: most of what a fuzzer would find first. */
  @RepeatedTest(20)
  void survives_seeded_nonsense(RepetitionInfo info) throws Exception {
    long seed = Long.getLong("kvmzone.seed", info.getCurrentRepetition());
    SplittableRandom random = new SplittableRandom(seed);
    try (SessionFixture session = new SessionFixture();
        Fd file = Fd.event()) {
      for (int i = 0; i < 30; i++) {
        byte[] payload = new byte[random.nextInt(6) * 8];
        random.nextBytes(payload);
        if (payload.length > 0 && random.nextBoolean()) {
          payload = FrontEnd.state(random.nextInt(3), 1 << random.nextInt(8));
        }
        int flags = random.nextInt(4) == 0 ? random.nextInt() : 1 | random.nextInt(2) * 8;
        int[] files = random.nextInt(3) == 0 ? new int[] {file.number()} : new int[0];
        try {
          session.frontEnd.send(1 + random.nextInt(45), flags, payload, files);
        } catch (RuntimeException closed) {
          session.reconnect();
        }
      }
      session.reconnect();
      session.startRing();
      session.request((byte) 7);
      assertThat(session.awaitUsed().length()).as("seed %d", seed).isEqualTo(1);
    }
  }

  private static int openFiles() {
    return Objects.requireNonNull(new File("/proc/self/fd").list()).length;
  }
}
