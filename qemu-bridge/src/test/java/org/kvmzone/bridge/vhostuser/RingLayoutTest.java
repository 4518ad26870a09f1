package org.kvmzone.bridge.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.PackedDriverRing;
import org.kvmzone.bridge.virtqueue.Features;

/** Which kind of ring a session opens, and where; packed ones from their start to their stop. */
@Timeout(60)
class RingLayoutTest {
  private static final int SIZE = 7; // no power of two

  private final SessionFixture session = new SessionFixture();

  @AfterEach
  void close() {
    session.close();
    assertThat(session.death).hasValue(null);
  }

  private FrontEnd frontEnd() {
    return session.frontEnd;
  }

  /** A driver that goes on in an empty packed ring at a place. */
  private PackedDriverRing packed(int place) {
    PackedDriverRing driver = new PackedDriverRing(session.ram, SIZE);
    driver.startAt(place);
    session.driver = driver;
    session.base = OptionalInt.of(driver.base());
    session.features = SessionFixture.FEATURES | Features.RING_PACKED | Features.EVENT_IDX;
    return driver;
  }

  private void echo(int value) throws InterruptedException {
    Piece answer = session.request((byte) value, (byte) (value + 1));
    assertThat(session.awaitUsed().length()).isEqualTo(2);
    assertThat(session.ram.bytes(answer)).containsExactly(value, value + 1);
  }

  private int stop() {
    byte[] reply = frontEnd().ask(MessageDecoder.GET_VRING_BASE, FrontEnd.state(0, 0));
    return ByteBuffer.wrap(reply).order(ByteOrder.nativeOrder()).getInt(4);
  }

  @Test
  void aPackedRing_stopsAnywhereAndGoesOnThere() throws Exception {
    PackedDriverRing driver = packed(0);
    session.startRing();
    for (int stops = 0; stops < 30; stops++) {
      for (int i = 0; i < 1 + stops % 3; i++) {
        echo(stops + i);
      }
      session.base = OptionalInt.of(stop());
      assertThat(session.base).as("stop %d", stops).hasValue(driver.base());
      session.setUpRing();
    }
  }

  @Test
  void aPackedRing_beginsWhereTheFrontEndSays() throws Exception {
    PackedDriverRing driver = packed(SIZE + 4);
    assertThat(session.base).as("slot 4, wrap counters 0").hasValue(0x0004_0004);
    session.startRing();
    echo(1);
    echo(2);
    assertThat(stop()).isEqualTo(driver.base()).isEqualTo(0x8001_8001);
  }

  /** DPDK's virtio-user leaves the place of used descriptors out. */
  @Test
  void aPackedRing_whoseFrontEndSaysHalfABase_begins() throws Exception {
    packed(0);
    session.base = OptionalInt.of(0x8000);
    session.startRing();
    echo(1);
  }

  @Test
  void aPackedRing_whoseFrontEndSaysNoBase_beginsAnew() throws Exception {
    packed(0);
    session.startRing();
    echo(1);
    assertThat(frontEnd().acknowledged(MessageDecoder.RESET_DEVICE, new byte[0])).isZero();
    PackedDriverRing driver = packed(0);
    session.base = OptionalInt.empty();
    session.setUpRing();
    echo(2);
    assertThat(stop()).isEqualTo(driver.base());
  }

  @Test
  void aGuestThatBootsAnotherDriver_getsAnotherKindOfRing() throws Exception {
    session.startRing();
    echo(1);
    for (int boot = 0; boot < 4; boot++) {
      var _ = stop();
      if (boot % 2 == 0) {
        packed(0);
      } else {
        session.driver = new DriverRing(session.ram, SessionFixture.RING_SIZE);
        session.base = OptionalInt.of(0);
        session.features = SessionFixture.FEATURES;
      }
      frontEnd().send(MessageDecoder.SET_FEATURES, session.features);
      session.setUpRing();
      echo(boot);
    }
  }

  @Test
  void whatIsAvailableInAPackedRing_isServedAlthoughNobodyKicks() throws Exception {
    packed(3);
    session.driver.add(session.ram.readable((byte) 9), session.ram.writable(1));
    session.startRing();
    assertThat(session.awaitUsed().length()).isEqualTo(1);
  }

  @Test
  void aPackedRing_keepsItsLayoutWhileItRuns() throws Exception {
    packed(0);
    session.startRing();
    echo(1);
    frontEnd().send(MessageDecoder.SET_FEATURES, SessionFixture.FEATURES);
    session.sendAddresses();
    echo(2);
    assertThat(session.statistics.counters().getOrDefault("ringfaults", 0L)).isZero();
  }

  @Test
  void aSplitRingOfSevenEntries_isRefusedWhenItIsToStart() {
    session.driver = new PackedDriverRing(session.ram, SIZE);
    session.negotiate();
    assertThat(session.tryRing()).isEqualTo(1);
    assertThat(session.statistics.counters()).containsEntry("refused", 1L);
  }

  @ParameterizedTest
  @ValueSource(ints = {0x1_0000, 0x8000_8000})
  void aSplitRingWithABaseBeyond16Bits_isRefusedWhenItIsToStart(int base) {
    session.base = OptionalInt.of(base);
    session.negotiate();
    assertThat(session.tryRing()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {SIZE, 0x8000 | SIZE, 0xffff})
  void aPackedRingWithABaseOutsideOfIt_isRefusedWhenItIsToStart(int base) {
    packed(0);
    session.base = OptionalInt.of(base);
    session.negotiate();
    assertThat(session.tryRing()).isEqualTo(1);
  }

  @Test
  void aBrokenPackedRing_isSaidToBe_andTheConnectionLives() {
    PackedDriverRing driver = packed(0);
    session.startRing();
    driver.offer(-16, 64, 0, 0);
    SysEventfd.signal(session.kick.number());
    SessionTest.await(() -> session.statistics.counters().getOrDefault("ringfaults", 0L) == 1);
    assertThat(frontEnd().ask(MessageDecoder.GET_STATUS)).isZero();
  }
}
