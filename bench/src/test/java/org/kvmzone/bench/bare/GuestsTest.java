package org.kvmzone.bench.bare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What arrives is counted once, and only then sent again. */
final class GuestsTest {
  private static int window(GuestTraffic traffic) {
    return GuestPort.SIZE / traffic.buffersEach;
  }

  /** A wire from one guest to another, all of it under way. */
  private record Line(GuestPort from, GuestPort to, Wire wire, Copier device)
      implements AutoCloseable {
    static Line of(GuestTraffic traffic) {
      byte[] frame = traffic.frame(1, 0);
      GuestPort from = new GuestPort(traffic, frame, true);
      GuestPort to = new GuestPort(traffic, frame, false);
      Wire wire = new Wire(traffic, frame, from, Optional.of(to));
      to.receive().offer();
      wire.begin();
      return new Line(from, to, wire, new Copier(from, to));
    }

    @Override
    public void close() {
      from.close();
      to.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatHasArrived_isCounted_andSentAgain(GuestTraffic traffic) {
    try (Line line = Line.of(traffic)) {
      int frameBytes = traffic.frame(1, 0).length - NetHeader.BYTES;
      line.device.take();
      assertThat(line.wire.hasBegun()).isFalse();
      for (long frames = 1; frames < 3000; frames++) { // several times round the index
        line.device.deliver();
        assertThat(frames > 1 || line.wire.hasBegun()).isTrue();
        line.wire.turn();
        line.device.take();
        assertThat(line.wire.frames()).isEqualTo(frames);
        assertThat(line.wire.bytes()).isEqualTo(frames * frameBytes);
        assertThat(line.device.held()).isEqualTo(window(traffic));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsGivenBack_butDoesNotArrive_isNotSentAgain(GuestTraffic traffic) {
    try (Line line = Line.of(traffic)) {
      line.device.take();
      for (int i = 0; i < 3; i++) {
        line.wire.turn();
        line.device.take();
      }
      assertThat(line.device.held()).isEqualTo(window(traffic));
      assertThat(line.wire.frames()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anotherFrame_isNotTakenForTheOneThatWasSent(GuestTraffic traffic) {
    try (Line line = Line.of(traffic)) {
      line.device.take();
      byte[] first = line.device.frames().getFirst();
      first[first.length - 1]++;
      line.device.deliver();
      assertThatThrownBy(line.wire::hasBegun).hasMessageContaining("another frame");
    }
  }

  @Test
  void aStreamThatSomebodyHasCut_isAnotherFrame() {
    try (Line line = Line.of(GuestTraffic.STREAM)) {
      line.device.take();
      line.device.frames().getFirst()[1] = 0; // nothing left undone
      line.device.deliver();
      assertThatThrownBy(line.wire::hasBegun).hasMessageContaining("another frame");
    }
  }

  @Test
  void withoutReceiver_whatIsGivenBackIsSentAgain_andCounted() {
    byte[] frame = GuestTraffic.STREAM.frame(1, 0);
    try (GuestPort port = new GuestPort(GuestTraffic.STREAM, frame, true)) {
      Wire wire = new Wire(GuestTraffic.STREAM, frame, port, Optional.empty());
      wire.begin();
      assertThat(wire.hasBegun()).isTrue();
      Copier device = new Copier(port, port);
      for (int i = 1; i <= 100; i++) {
        device.take();
        wire.turn();
        assertThat(wire.frames()).isEqualTo(16L * i);
        assertThat(wire.bytes()).isEqualTo(16L * i * 65_226);
      }
    }
  }

  @Test
  void datagrams_areSentByAll_aStreamByTheFirst() {
    assertThat(GuestTraffic.DATAGRAMS.senders(64)).isEqualTo(64);
    assertThat(GuestTraffic.STREAM.senders(2)).isEqualTo(1);
    for (GuestTraffic traffic : GuestTraffic.values()) {
      assertThat(GuestTraffic.of(traffic.word())).isEqualTo(traffic);
    }
  }
}
