package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class GuestsTest {
  private static Output said(String text) {
    return new Output("front end", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void whatHasArrived_isRead() throws IOException, InterruptedException {
    assertThat(Guests.arrived(said("ready\n= 3 frames, 192 bytes, -17 ns\n")))
        .isEqualTo(new Guests.Arrived(3, 192, -17));
  }

  @Test
  void aFrontEndThatEnds_isAnError() {
    assertThatThrownBy(() -> Guests.arrived(said("another frame has arrived than was sent\n")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another frame");
  }

  @Test
  void theRate_isByTheProgramsOwnClock() {
    Guests.Arrived before = new Guests.Arrived(1000, 64_000, -500_000_000);
    Guests.Arrived now = new Guests.Arrived(4000, 256_000, 1_000_000_000);
    assertThat(now.perSecond(before)).isEqualTo(2000);
  }
}
