package org.kvmzone.bridge.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {
  @Test
  void edits_countsAddedDroppedReplacedAndSwappedLetters() {
    assertThat(Nearest.edits("", "")).isZero();
    assertThat(Nearest.edits("", "abc")).isEqualTo(3);
    assertThat(Nearest.edits("latency", "latency")).isZero();
    assertThat(Nearest.edits("latncy", "latency")).isEqualTo(1);
    assertThat(Nearest.edits("latencyy", "latency")).isEqualTo(1);
    assertThat(Nearest.edits("lotency", "latency")).isEqualTo(1);
    assertThat(Nearest.edits("latecny", "latency")).isEqualTo(1);
    assertThat(Nearest.edits("kitten", "sitting")).isEqualTo(3);
  }

  @Test
  void to_choosesTheClosestAndTheFirstOfEquals() {
    assertThat(Nearest.to("macadr", List.of("ip", "macaddr", "hostname"))).contains("macaddr");
    assertThat(Nearest.to("IFNAME", List.of("ifname"))).contains("ifname");
    assertThat(Nearest.to("ab", List.of("ax", "ay"))).contains("ax");
  }

  @Test
  void to_staysSilentWhenNothingIsNear() {
    assertThat(Nearest.to("zvol", List.of("hostname", "gateway_ip"))).isEmpty();
    assertThat(Nearest.to("x", List.of())).isEmpty();
    assertThat(Nearest.hint("x", List.of())).isEmpty();
    assertThat(Nearest.hint("serail", List.of("serial"))).isEqualTo(", did you mean serial?");
  }
}
