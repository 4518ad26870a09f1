package org.kvmzone.bridge.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.ffi.SysMman;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.Features;

@Timeout(60)
class SessionTest {
  private final SessionFixture session = new SessionFixture();

  @AfterEach
  void close() throws InterruptedException {
    session.close();
    assertThat(session.death).hasValue(null);
    assertThat(session.statistics.isConnected()).isFalse();
  }

  private FrontEnd frontEnd() {
    return session.frontEnd;
  }

  @Test
  void offers_the_devices_features_and_those_of_rings_and_transport() {
    assertThat(frontEnd().ask(MessageDecoder.GET_FEATURES))
        .isEqualTo(
            session.device.features()
                | Features.VERSION_1
                | Features.INDIRECT_DESC
                | Features.EVENT_IDX
                | ProtocolFeatures.LOG_ALL
                | Features.RING_PACKED
                | ProtocolFeatures.NEGOTIABLE);
    long protocol = frontEnd().ask(MessageDecoder.GET_PROTOCOL_FEATURES);
    assertThat(protocol & ProtocolFeatures.CONFIG).isNotZero();
    assertThat(protocol & 1 << 14).as("in-band notifications").isZero();
    assertThat(frontEnd().ask(MessageDecoder.GET_QUEUE_NUM)).isEqualTo(2);
    assertThat(frontEnd().ask(MessageDecoder.GET_MAX_MEM_SLOTS)).isEqualTo(509);
  }

  @Test
  void answers_exactly_the_configuration_bytes_that_were_asked_for() {
    byte[] asked = Arrays.copyOf(config(2, 57), 12 + 57);
    byte[] answer = frontEnd().ask(MessageDecoder.GET_CONFIG, asked);
    assertThat(answer).hasSize(12 + 57).startsWith(config(2, 57)).contains(3, 4, 5, 6, 7, 8);
    assertThat(answer[12 + 6]).isZero();
  }

  @Test
  void tells_the_front_end_of_a_changed_configuration_on_the_channel_it_gave() throws Exception {
    session.negotiate();
    assertThat(session.configChanged()).as("without a channel").isFalse();
    Fd[] channel = FrontEnd.pair();
    try (FrontEnd listener = new FrontEnd(channel[0])) {
      try (Fd given = channel[1]) {
        assertThat(
                frontEnd()
                    .acknowledged(MessageDecoder.SET_BACKEND_REQ_FD, new byte[0], given.number()))
            .isZero();
      }
      assertThat(session.configChanged()).isTrue();
      ByteBuffer said = ByteBuffer.wrap(listener.next(12)).order(ByteOrder.nativeOrder());
      assertThat(said.getInt()).as("CONFIG_CHANGE_MSG").isEqualTo(2);
      assertThat(said.getInt()).as("version, and no reply wanted").isEqualTo(1);
      assertThat(said.getInt()).as("no payload").isZero();
      // A front end that never reads is not waited for.
      int told = 0;
      while (session.configChanged()) {
        told++;
      }
      assertThat(told).isPositive();
      frontEnd().finish();
      session.awaitEnd();
      assertThat(session.configChanged()).as("after the connection").isFalse();
    }
  }

  @Test
  void keeps_the_status_byte() {
    frontEnd().send(MessageDecoder.SET_STATUS, 0xb);
    assertThat(frontEnd().ask(MessageDecoder.GET_STATUS)).isEqualTo(0xb);
  }

  @Test
  void serves_a_ring_from_its_start_to_its_stop_and_again_after_a_reboot() throws Exception {
    session.startRing();
    for (int boot = 0; boot < 3; boot++) {
      Piece answer = session.request((byte) 1, (byte) 2, (byte) boot);
      assertThat(session.awaitUsed().length()).isEqualTo(3);
      assertThat(session.ram.bytes(answer)).containsExactly(1, 2, boot);
      // As QEMU 7.2 stops: status first, then disable, then the base (vhost-user.md T3).
      frontEnd().send(MessageDecoder.SET_STATUS, 0);
      frontEnd().send(MessageDecoder.SET_VRING_ENABLE, 1, FrontEnd.state(0, 0));
      byte[] base = frontEnd().ask(MessageDecoder.GET_VRING_BASE, FrontEnd.state(0, 0));
      assertThat(base).isEqualTo(FrontEnd.state(0, 1));
      session.driver = new DriverRing(session.ram, 64);
      session.setUpRing();
    }
    assertThat(session.device.negotiatedFeatures()).isEqualTo(SessionFixture.FEATURES);
  }

  @Test
  void serves_what_was_available_before_the_ring_started_although_nobody_kicks() throws Exception {
    session.driver.add(session.ram.readable((byte) 9), session.ram.writable(1));
    session.startRing();
    assertThat(session.awaitUsed().length()).isEqualTo(1);
  }

  @Test
  void leaves_a_disabled_ring_alone_and_goes_on_where_it_was() throws Exception {
    session.startRing();
    session.request((byte) 1);
    session.awaitUsed();
    frontEnd().acknowledged(MessageDecoder.SET_VRING_ENABLE, FrontEnd.state(0, 0));
    session.request((byte) 2);
    frontEnd().ask(MessageDecoder.GET_STATUS);
    assertThat(session.device.served()).isEqualTo(1);
    frontEnd().acknowledged(MessageDecoder.SET_VRING_ENABLE, FrontEnd.state(0, 1));
    session.awaitUsed();
    assertThat(session.device.served()).isEqualTo(2);
  }

  @Test
  void has_a_disabled_ring_discarded_by_a_device_that_does() throws Exception {
    session.device.discardDisabled();
    session.startRing();
    for (int round = 1; round <= 3; round++) {
      frontEnd().acknowledged(MessageDecoder.SET_VRING_ENABLE, FrontEnd.state(0, 0));
      session.request((byte) 7);
      assertThat(session.awaitUsed().length()).as("while disabled").isZero();
      frontEnd().acknowledged(MessageDecoder.SET_VRING_ENABLE, FrontEnd.state(0, 1));
      session.request((byte) 8);
      assertThat(session.awaitUsed().length()).as("enabled again").isEqualTo(1);
    }
    // It is stopped as any other.
    frontEnd().acknowledged(MessageDecoder.SET_VRING_ENABLE, FrontEnd.state(0, 0));
    byte[] base = frontEnd().ask(MessageDecoder.GET_VRING_BASE, FrontEnd.state(0, 0));
    assertThat(base).isEqualTo(FrontEnd.state(0, 6));
    int served = session.device.served();
    session.request((byte) 9);
    assertThat(frontEnd().ask(MessageDecoder.GET_STATUS)).isZero();
    assertThat(session.device.served()).isEqualTo(served);
  }

  @Test
  void setting_the_features_again_disturbs_no_running_ring() throws Exception {
    session.startRing();
    frontEnd().send(MessageDecoder.SET_FEATURES, SessionFixture.FEATURES);
    session.request((byte) 1);
    session.awaitUsed();
  }

  @Test
  void memory_can_be_added_and_removed_while_a_ring_runs() throws Exception {
    session.startRing();
    try (GuestRam more = new GuestRam(1 << 16, 0x9_0000_0000L, 0x7e00_0000_0000L)) {
      byte[] region = FrontEnd.words(0, 0x9_0000_0000L, 1 << 16, 0x7e00_0000_0000L, 0);
      for (int round = 0; round < 20; round++) {
        assertThat(frontEnd().acknowledged(MessageDecoder.ADD_MEM_REG, region, more.fd().number()))
            .isZero();
        Piece answer = new Piece(0x9_0000_0000L + round, 1, true);
        session.driver.add(session.ram.readable((byte) round), answer);
        SysEventfd.signal(session.kick.number());
        session.awaitUsed();
        assertThat(more.bytes(answer)).containsExactly(round);
        assertThat(frontEnd().acknowledged(MessageDecoder.REM_MEM_REG, region)).isZero();
      }
      // Its memory is gone: the ring is broken, the connection is not.
      session.driver.add(session.ram.readable((byte) 1), new Piece(0x9_0000_0000L, 1, true));
      SysEventfd.signal(session.kick.number());
      awaitCounter("ringfaults", 1);
      assertThat(frontEnd().ask(MessageDecoder.GET_STATUS)).isZero();
    }
  }

  /** QEMU 7.2 does it for each pair of a card's queues. */
  @Test
  void memory_added_and_removed_several_times_is_there_and_gone_once() throws Exception {
    session.startRing();
    assertThat(session.addRam()).isZero();
    session.request((byte) 1);
    session.awaitUsed();
    assertThat(mappedGuests()).as("the test's mapping and the session's").isEqualTo(2);

    assertThat(frontEnd().acknowledged(MessageDecoder.REM_MEM_REG, session.region())).isZero();
    assertThat(frontEnd().acknowledged(MessageDecoder.REM_MEM_REG, session.region())).isZero();
    assertThat(mappedGuests()).as("the test's mapping").isEqualTo(1);
    assertThat(session.addRam()).isZero();
    session.request((byte) 2);
    session.awaitUsed();
  }

  @Test
  void memory_that_overlaps_other_memory_is_refused() throws Exception {
    session.startRing();
    byte[] within =
        FrontEnd.words(0, GuestRam.GUEST_BASE + 4096, 4096, GuestRam.USER_BASE + 4096, 4096);
    assertThat(
            frontEnd().acknowledged(MessageDecoder.ADD_MEM_REG, within, session.ram.fd().number()))
        .isEqualTo(1);
  }

  @Test
  void removing_the_rings_own_memory_stops_it_until_it_is_back() throws Exception {
    session.startRing();
    session.request((byte) 1);
    session.awaitUsed();
    assertThat(frontEnd().acknowledged(MessageDecoder.REM_MEM_REG, session.region())).isZero();
    session.request((byte) 2);
    assertThat(session.addRam()).isZero();
    session.awaitUsed();
  }

  @Test
  void a_request_that_hangs_closes_the_connection_and_keeps_its_memory_mapped() throws Exception {
    session.startRing();
    session.device.hang(true);
    session.request((byte) 1);
    await(() -> session.device.served() == 1);
    frontEnd().send(MessageDecoder.GET_VRING_BASE, 1, FrontEnd.state(0, 0));
    assertThat(frontEnd().isClosed()).isTrue();
    session.awaitEnd();
    assertThat(session.statistics.counters()).containsEntry("broken", 1L);
    assertThat(mappedGuests()).as("the hanging request's memory").isEqualTo(2);
  }

  @Test
  void a_closed_connection_unmaps_the_memory_and_closes_every_descriptor() throws Exception {
    session.startRing();
    session.request((byte) 1);
    session.awaitUsed();
    session.reconnect();
    // By the queue's thread, after the session's: the test's own mapping is left.
    await(() -> mappedGuests() == 1);
    int before = openFiles();
    for (int i = 0; i < 200; i++) {
      session.startRing();
      session.request((byte) i);
      session.awaitUsed();
      session.reconnect();
    }
    assertThat(openFiles()).isEqualTo(before);
    awaitCounter("connects", 202); // the last session's thread may not have counted itself yet
  }

  @Test
  void memory_truncated_under_a_ring_breaks_the_ring_and_not_the_process() throws Exception {
    session.startRing();
    session.request((byte) 1);
    session.awaitUsed();
    Errno.check(Unistd.ftruncate(session.ram.fd().number(), 0), "ftruncate");
    SysEventfd.signal(session.kick.number());
    awaitCounter("ringfaults", 1);
    assertThat(frontEnd().ask(MessageDecoder.GET_STATUS)).isZero();
    Errno.check(Unistd.ftruncate(session.ram.fd().number(), 8 << 20), "ftruncate");
  }

  @Test
  void a_file_shorter_than_its_region_is_refused() {
    frontEnd().send(MessageDecoder.SET_PROTOCOL_FEATURES, ProtocolFeatures.REPLY_ACK);
    try (Arena arena = Arena.ofConfined();
        Fd file = new Fd(SysMman.memfdCreate(arena.allocateFrom("short"), SysMman.MFD_CLOEXEC))) {
      assertThat(
              frontEnd()
                  .acknowledged(
                      MessageDecoder.ADD_MEM_REG,
                      FrontEnd.words(0, 0, 4096, 0x1000, 0),
                      file.number()))
          .isEqualTo(1);
    }
    assertThat(session.statistics.counters()).containsEntry("refused", 1L);
  }

  @Test
  void reset_device_stops_the_rings_and_resets_the_device() throws Exception {
    session.startRing();
    frontEnd().acknowledged(MessageDecoder.RESET_DEVICE, new byte[0]);
    assertThat(session.device.resets()).isEqualTo(1);
    session.request((byte) 1);
    frontEnd().ask(MessageDecoder.GET_STATUS);
    assertThat(session.device.served()).isZero();
    session.driver = new DriverRing(session.ram, 64);
    session.setUpRing();
    session.request((byte) 1);
    session.awaitUsed();
  }

  @Test
  void writes_to_the_configuration_reach_the_device_or_are_refused() {
    frontEnd().send(MessageDecoder.SET_PROTOCOL_FEATURES, ProtocolFeatures.REPLY_ACK);
    assertThat(frontEnd().acknowledged(MessageDecoder.SET_CONFIG, setConfig(7))).isZero();
    assertThat(frontEnd().acknowledged(MessageDecoder.SET_CONFIG, setConfig(3))).isEqualTo(1);
  }

  private static byte[] setConfig(int offset) {
    byte[] message = Arrays.copyOf(config(offset, 1), 13);
    message[12] = 1;
    return message;
  }

  private static byte[] config(int offset, int size) {
    return ByteBuffer.allocate(12)
        .order(ByteOrder.nativeOrder())
        .putInt(offset)
        .putInt(size)
        .putInt(0)
        .array();
  }

  private void awaitCounter(String name, long value) {
    await(() -> session.statistics.counters().getOrDefault(name, 0L) == value);
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not happen within 10 s");
      }
      Thread.onSpinWait();
    }
  }

  private static int openFiles() {
    return Objects.requireNonNull(new File("/proc/self/fd").list()).length;
  }

  private static long mappedGuests() {
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains("memfd:guest")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
