package org.kvmzone.bridge.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.virtqueue.RingLayout;

/** Requests that a back end took and did not finish: its successor does. */
@Timeout(60)
class RecoveryTest {
  private final SessionFixture session = new SessionFixture();

  @BeforeEach
  void track() {
    session.device.trackInFlight();
  }

  @AfterEach
  void close() {
    session.close();
    assertThat(session.death).hasValue(null);
  }

  private static byte[] description(long size, int queues, int entries, int bytes) {
    byte[] all =
        ByteBuffer.allocate(24)
            .order(ByteOrder.nativeOrder())
            .putLong(size)
            .putLong(0)
            .putShort((short) queues)
            .putShort((short) entries)
            .array();
    return Arrays.copyOf(all, bytes);
  }

  private FrontEnd.FileReply area(int queues, int entries) {
    return session.frontEnd.askForFile(
        MessageDecoder.GET_INFLIGHT_FD, description(0, queues, entries, 24));
  }

  private long give(FrontEnd.FileReply area) {
    return session.frontEnd.acknowledged(
        MessageDecoder.SET_INFLIGHT_FD,
        description(area.payload().getLong(0), 1, 64, 24),
        area.file().number());
  }

  @Test
  void anArea_hasRoomForRingsLargerThanAnnounced_andCannotBeCutShort() {
    FrontEnd.FileReply area = area(2, 64);
    assertThat(area.payload().remaining()).isEqualTo(24);
    assertThat(area.payload().getLong(0)).isGreaterThanOrEqualTo(2L * (32 + 1024 * 32));
    assertThat(area.payload().getShort(16)).isEqualTo((short) 2);
    assertThat(area.payload().getShort(18)).isEqualTo((short) 64);
    assertThat(Unistd.ftruncate(area.file().number(), 0)).isNegative();
    area.file().close();
  }

  @Test
  void aFrontEndThatDoesNotPad_isAnsweredInItsOwnForm() {
    FrontEnd.FileReply area =
        session.frontEnd.askForFile(MessageDecoder.GET_INFLIGHT_FD, description(0, 1, 64, 20));
    assertThat(area.payload().remaining()).isEqualTo(20);
    area.file().close();
  }

  @ParameterizedTest
  @EnumSource(RingLayout.class)
  void requestsInFlight_areDoneByTheNextSession_andNoneTwice(RingLayout layout) throws Exception {
    session.driverOf(layout);
    FrontEnd.FileReply area = area(1, 64);
    session.negotiate();
    assertThat(give(area)).isZero();
    session.setUpRing();
    session.request((byte) 1);
    session.awaitUsed();
    session.device.hang(true);
    session.request((byte) 2);
    session.request((byte) 3);
    awaitServed(3);
    // The connection breaks; its ring is left with two requests that will never end.
    session.frontEnd.close();
    session.awaitEnd();
    session.device.hang(false);
    session.reconnectToSameRing();
    session.negotiate();
    assertThat(give(area)).isZero();
    session.request((byte) 4);
    session.setUpRing(); // with the base of its first start, which is wrong by one at least
    Set<Integer> heads = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      heads.add(session.awaitUsed().head());
    }
    assertThat(heads).hasSize(3);
    assertThat(session.driver.nextUsed()).isEmpty();
    assertThat(session.device.served()).isEqualTo(6);
    area.file().close();
  }

  @Test
  void anAreaThatCannotBe_isRefused() {
    FrontEnd.FileReply area = area(1, 64);
    long size = area.payload().getLong(0);
    assertThat(set(size, 0, area.file())).as("for no queue").isNotZero();
    assertThat(set(size, 3, area.file())).as("for more queues than there are").isNotZero();
    assertThat(set(0, 1, area.file())).as("no bytes").isNotZero();
    assertThat(set(size + 4096, 1, area.file())).as("beyond the file").isNotZero();
    assertThat(set(Long.MIN_VALUE, 1, area.file())).as("a negative size").isNotZero();
    try (Fd event = Fd.event()) {
      assertThat(set(size, 1, event)).as("no file at all").isNotZero();
    }
    assertThat(session.statistics.counters()).containsEntry("refused", 6L);
    area.file().close();
  }

  private long set(long size, int queues, Fd file) {
    session.frontEnd.send(MessageDecoder.SET_PROTOCOL_FEATURES, ProtocolFeatures.REPLY_ACK);
    return session.frontEnd.acknowledged(
        MessageDecoder.SET_INFLIGHT_FD, description(size, queues, 64, 24), file.number());
  }

  @Test
  void anAreaTooSmallForTheRing_isRefusedWhenTheRingStarts() {
    FrontEnd.FileReply area = area(1, 64);
    session.negotiate();
    assertThat(set(512, 1, area.file())).isZero();
    assertThat(session.tryRing()).as("the ring").isNotZero();
    area.file().close();
  }

  private void awaitServed(int count) {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (session.device.served() < count) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}
