package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class StreamCaseTest {
  @Test
  void frames_becomeBits_andWhatEachCostsIsKept() {
    Sample frames = new Sample(200_000, 5000, 5000, 4900.0, 0.97, true, Map.of("oerrors", "0"));
    Sample bits = StreamCase.bits(frames, new Guests.Arrived(10, 650_000, 0));
    assertThat(bits.perSecond()).isEqualTo(104e9);
    assertThat(bits.share()).isEqualTo(0.97);
    assertThat(bits.near()).isTrue();
    assertThat(bits.backendNs()).isNaN(); // of a bit it would say nothing
    assertThat(bits.notes())
        .containsEntry("oerrors", "0")
        .containsEntry("frames-per-second", "200000")
        .containsEntry("backend-ns-of-a-frame", "5000")
        .containsEntry("busy-ns-of-a-frame", "4900");
  }
}
