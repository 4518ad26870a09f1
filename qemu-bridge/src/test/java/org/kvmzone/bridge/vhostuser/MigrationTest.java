package org.kvmzone.bridge.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.SharedLog;

/** What QEMU does while it copies a running guest: the log begins, grows, and ends. */
@Timeout(60)
class MigrationTest {
  private static final long LOGGING = SessionFixture.FEATURES | ProtocolFeatures.LOG_ALL;

  private final SessionFixture session = new SessionFixture();
  private final SharedLog log = new SharedLog();

  @AfterEach
  void close() {
    session.close();
    log.close();
    assertThat(session.death).hasValue(null);
  }

  private static int page(Piece piece) {
    return (int) (piece.address() >>> 12);
  }

  private Piece served(int value) throws InterruptedException {
    // A page of its own for each answer.
    session.ram.allocate(4096, 4096);
    Piece answer = session.request((byte) value);
    session.awaitUsed();
    return answer;
  }

  /** The reply to SET_LOG_BASE is one, and a number, as libvhost-user's. */
  private void setLog(SharedLog shared) {
    session.frontEnd.send(
        MessageDecoder.SET_LOG_BASE,
        FrontEnd.VERSION,
        FrontEnd.words(SharedLog.SIZE, 0),
        shared.file().number());
    assertThat(session.frontEnd.reply(MessageDecoder.SET_LOG_BASE)).hasSize(8);
  }

  private void setFeatures(long features) {
    assertThat(session.frontEnd.acknowledged(MessageDecoder.SET_FEATURES, FrontEnd.words(features)))
        .isZero();
  }

  @Test
  void pagesAreNoted_fromTheFeatureOn_untilItIsTakenBack() throws Exception {
    session.startRing();
    served(1);
    setLog(log);
    served(2);
    assertThat(log.takeDirtyPages()).as("a log alone").isEmpty();
    setFeatures(LOGGING);
    Piece noted = served(3);
    assertThat(log.takeDirtyPages()).contains(page(noted), (int) (session.driver.usedAt() >>> 12));
    setFeatures(SessionFixture.FEATURES);
    log.takeDirtyPages(); // until now the thread asked for kicks, which is noted as well
    served(4);
    assertThat(log.takeDirtyPages()).isEmpty();
    assertThat(session.device.negotiatedFeatures()).isEqualTo(SessionFixture.FEATURES);
  }

  @Test
  void aLargerLog_takesOverWhileRingsRun() throws Exception {
    session.startRing();
    setLog(log);
    setFeatures(LOGGING);
    try (SharedLog larger = new SharedLog()) {
      List<Integer> noted = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        setLog(i % 2 == 0 ? larger : log);
        Piece answer = served(i);
        assertThat((i % 2 == 0 ? larger : log).takeDirtyPages()).contains(page(answer));
        noted.add(page(answer));
      }
      assertThat(noted).doesNotHaveDuplicates();
    }
  }

  @Test
  void aRingThatStartsWhileTheLogIsOn_isNotedToo() throws Exception {
    session.negotiate();
    setLog(log);
    setFeatures(LOGGING);
    session.setUpRing();
    assertThat(log.takeDirtyPages()).doesNotContain(0);
    assertThat(page(served(1))).isIn(log.takeDirtyPages());
  }

  @Test
  void aLogWithoutBitsForAllMemory_isRefused() {
    session.negotiate();
    assertThat(tryLog(SharedLog.SIZE / 2)).as("for half of the memory").isNotZero();
    setLog(log);
    byte[] beyond = FrontEnd.words(0, 0x10_0000_0000L, 4096, 0x1000, 0);
    assertThat(
            session.frontEnd.acknowledged(
                MessageDecoder.ADD_MEM_REG, beyond, session.ram.fd().number()))
        .as("memory beyond the log")
        .isNotZero();
    assertThat(session.statistics.counters()).containsEntry("refused", 2L);
    assertThat(GuestRam.GUEST_BASE >>> 12).isLessThan(SharedLog.SIZE * 8);
  }

  private long tryLog(long size) {
    return session.frontEnd.acknowledged(
        MessageDecoder.SET_LOG_BASE, FrontEnd.words(size, 0), log.file().number());
  }

  @Test
  void aGuestDeparts_whenItStopsWhileTheLogIsOn() throws Exception {
    session.startRing();
    stopRing();
    assertThat(session.device.departures()).as("a pause").isZero();
    session.setUpRing();
    setLog(log);
    setFeatures(LOGGING);
    served(1);
    stopRing();
    assertThat(session.device.departures()).as("a move").isPositive();
  }

  @Test
  void aGuestDeparts_alsoWithRequestsThatHang() throws Exception {
    session.startRing();
    setLog(log);
    setFeatures(LOGGING);
    session.device.hang(true);
    session.request((byte) 1);
    Await.until("the device has it", () -> session.device.served() == 1);
    session.frontEnd.send(MessageDecoder.GET_VRING_BASE, FrontEnd.VERSION, FrontEnd.state(0, 0));
    assertThat(session.frontEnd.isClosed()).isTrue();
    session.awaitEnd();
    assertThat(session.device.departures()).isOne();
  }

  @Test
  void aFrontEndThatGoesAway_isNoMove() throws Exception {
    session.startRing();
    setLog(log);
    served(1);
    session.frontEnd.close();
    session.awaitEnd();
    assertThat(session.device.departures()).isZero();
  }

  @Test
  void aGuestThatMayNotArrive_isToldSo_andTriesAgain() throws Exception {
    session.negotiate();
    session.device.obstruct(Optional.of("in use elsewhere"));
    assertThat(session.tryRing()).isNotZero();
    session.device.obstruct(Optional.empty());
    session.setUpRing();
    served(1);
  }

  private void stopRing() {
    assertThat(session.frontEnd.ask(MessageDecoder.GET_VRING_BASE, FrontEnd.state(0, 0)))
        .hasSize(8);
  }
}
