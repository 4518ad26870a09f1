package org.kvmzone.bench.bare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.bridge.testing.CCompiler;
import org.kvmzone.bridge.testing.DriverEnd;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** Frames through every kind of ring, in Java and in C, often enough to go round it. */
final class NetLoopTest {
  private static final int ROUNDS = 40;
  private static final byte[] HEADER = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0};

  private final Random random = new Random(42);

  static Stream<Arguments> loops() {
    return Arrays.stream(BareFixture.Kind.values())
        .flatMap(kind -> Stream.of(Arguments.of(kind, false), Arguments.of(kind, true)));
  }

  private static void assumeCompiled(boolean nativeLoop) {
    if (nativeLoop) {
      CCompiler.assumePresent();
    }
  }

  @ParameterizedTest(name = "{0}, in C: {1}")
  @MethodSource("loops")
  void anEchoIsTheSameFrameWithItsAddressesExchanged(BareFixture.Kind kind, boolean nativeLoop) {
    assumeCompiled(nativeLoop);
    try (BareFixture fixture = new BareFixture(kind)) {
      DriverEnd transmit = fixture.ring();
      DriverEnd receive = fixture.ring();
      Loop loop = fixture.card(Options.Card.ECHO, 64, nativeLoop);
      Piece[] buffers = new Piece[BareFixture.SIZE];
      Arrays.setAll(buffers, _ -> fixture.ram.writable(2048));
      for (int round = 0; round < ROUNDS; round++) {
        int count = 1 + random.nextInt(20);
        Deque<byte[]> sent = new ArrayDeque<>();
        Deque<Piece> into = new ArrayDeque<>();
        List<Integer> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          byte[] frame = BareFixture.frame(random, 14 + random.nextInt(1500));
          sent.add(frame);
          names.add(transmit.add(fixture.ram.readable(frame)));
          into.add(buffers[i]);
          int _ = receive.add(buffers[i]);
        }
        loop.poll(3); // a packed ring's end ends a batch
        for (int i = 0; i < count; i++) {
          byte[] frame = sent.remove();
          Used used = receive.nextUsed().orElseThrow();
          byte[] got = Arrays.copyOf(fixture.ram.bytes(into.remove()), used.length());
          assertThat(got).isEqualTo(echo(frame));
        }
        takeSent(transmit, kind, names);
        assertThat(receive.hasUsed()).isFalse();
      }
    }
  }

  private static byte[] echo(byte[] frame) {
    byte[] echo = frame.clone();
    System.arraycopy(HEADER, 0, echo, 0, 12);
    System.arraycopy(frame, 12, echo, 18, 6);
    System.arraycopy(frame, 18, echo, 12, 6);
    return echo;
  }

  @ParameterizedTest(name = "{0}, in C: {1}")
  @MethodSource("loops")
  void aSourceFillsEachBufferWithItsFrame(BareFixture.Kind kind, boolean nativeLoop) {
    assumeCompiled(nativeLoop);
    try (BareFixture fixture = new BareFixture(kind)) {
      DriverEnd receive = fixture.ring();
      Loop loop = fixture.card(Options.Card.SOURCE, 1518, nativeLoop);
      byte[] expected = new byte[12 + 1518];
      System.arraycopy(HEADER, 0, expected, 0, 12);
      byte[] frame = Source.frame(1518).toArray(ValueLayout.JAVA_BYTE);
      System.arraycopy(frame, 0, expected, 12, 1518);
      Piece buffer = fixture.ram.writable(2048);
      for (int round = 0; round < 3 * BareFixture.SIZE; round++) {
        fixture.ram.at(buffer.address(), 2048).fill((byte) round);
        int head = receive.add(buffer);
        loop.poll(1);
        assertThat(receive.nextUsed()).hasValue(new Used(head, expected.length));
        assertThat(Arrays.copyOf(fixture.ram.bytes(buffer), expected.length)).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest(name = "{0}, in C: {1}")
  @MethodSource("loops")
  void aSinkGivesBackWhatItWasSent(BareFixture.Kind kind, boolean nativeLoop) {
    assumeCompiled(nativeLoop);
    try (BareFixture fixture = new BareFixture(kind)) {
      DriverEnd transmit = fixture.ring();
      Loop loop = fixture.card(Options.Card.SINK, 64, nativeLoop);
      for (int round = 0; round < ROUNDS; round++) {
        List<Integer> names = new ArrayList<>();
        int count = 1 + random.nextInt(BareFixture.SIZE);
        for (int i = 0; i < count; i++) {
          names.add(transmit.add(fixture.ram.readable(BareFixture.frame(random, 64))));
        }
        loop.poll(2);
        takeSent(transmit, kind, names);
      }
    }
  }

  @ParameterizedTest(name = "{0}, in C: {1}")
  @MethodSource("loops")
  void memoryThatIsNotTheGuestsIsNotTouched(BareFixture.Kind kind, boolean nativeLoop) {
    assumeCompiled(nativeLoop);
    try (BareFixture fixture = new BareFixture(kind)) {
      DriverEnd transmit = fixture.ring();
      Loop loop = fixture.card(Options.Card.SINK, 64, nativeLoop);
      int _ = transmit.add(new Piece(0x1000, 76, false));
      assertThatThrownBy(() -> loop.poll(1))
          .isInstanceOfAny(IndexOutOfBoundsException.class, IllegalStateException.class);
    }
  }

  /** What was sent comes back, in order; nothing more does. */
  private static void takeSent(DriverEnd transmit, BareFixture.Kind kind, List<Integer> names) {
    if (kind.inOrder) {
      InOrderDriver.unfold(transmit, names);
    }
    for (int name : names) {
      assertThat(transmit.nextUsed()).hasValue(new Used(name, 0));
    }
    assertThat(transmit.hasUsed()).isFalse();
  }
}
