package org.kvmzone.bridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.EchoDevice;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Resources;
import org.kvmzone.bridge.testing.Served;

/** What real front ends were recorded to say is answered, and their rings carry requests. */
@Timeout(60)
class RecordingTest {
  private static final int QUEUES = 4;

  static List<String> recordings() {
    return Stream.concat(Recording.BLK.stream(), Recording.NET.stream()).toList();
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void everyMessage_isAnsweredAsItMustBe_andTheRingsRun(String name) {
    EchoDevice echo = new EchoDevice("echo0", QUEUES);
    echo.trackInFlight();
    try (Served device = new Served(echo)) {
      Resources before = Resources.settled();
      try (Player player = new Player(device.connect())) {
        player.play(Recording.of(name), RecordingTest::echo);
        // For devices of another kind; the network card's own test plays it.
        assertThat(player.leftOut()).isSubsetOf("NET_SET_MTU");
      }
      device.awaitEnd();
      before.awaitBack();
      assertThat(device.count("refused") + device.count("broken")).isZero();
    }
  }

  /** The back end dies with three requests in flight: its successor finishes them. */
  @Test
  void aFrontEndThatComesBack_findsItsRingsWhereTheyWere() {
    EchoDevice echo = new EchoDevice("echo0", 1);
    echo.trackInFlight();
    try (Served device = new Served(echo);
        Player player = new Player(device.connect())) {
      player.play(Recording.of("qemu-7.2-blk-before-kill"), RecordingTest::echo);
      echo.hang(true);
      LiveRing ring = player.ring(0);
      for (int i = 0; i < 3; i++) {
        ring.driver().add(player.buffers().readable((byte) i), player.buffers().writable(1));
      }
      ring.kick();
      Await.until("three in flight", () -> echo.served() == 6);
      device.endSession();
      device.awaitEnd();
      echo.hang(false);
      player.reconnect(device.connect());
      player.play(
          Recording.of("qemu-7.2-blk-after-reconnect"),
          again -> {
            for (int i = 0; i < 3; i++) {
              ring.await();
            }
            echo(again);
          });
      assertThat(ring.driver().usedSeen()).isEqualTo(9);
    }
  }

  private static void echo(Player player) {
    assertThat(player.running()).as("rings that run").isNotEmpty();
    for (int index : player.running()) {
      LiveRing ring = player.ring(index);
      for (byte i = 1; i <= 3; i++) {
        ring.driver().usedEvent(ring.driver().usedSeen()); // in case event indices were agreed on
        Piece answer = player.buffers().writable(2);
        ring.driver().add(player.buffers().readable(i, (byte) index), answer);
        ring.kick();
        assertThat(ring.await().length()).isEqualTo(2);
        assertThat(player.buffers().bytes(answer)).containsExactly(i, index);
        Await.until("an interrupt", ring::interrupted);
      }
    }
  }
}
