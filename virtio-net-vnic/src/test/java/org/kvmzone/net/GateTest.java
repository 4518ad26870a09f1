package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class GateTest {
  @Test
  void gateThatIsShut_letsNobodyIn() {
    Gate gate = new Gate();
    assertThat(gate.enter()).isTrue();
    assertThat(gate.enter()).as("while another is inside").isFalse();
    gate.leave();
    assertThat(gate.enter()).isTrue();
    gate.leave();

    gate.shut();
    gate.shut();

    assertThat(gate.enter()).isFalse();
  }

  @Test
  void whoShutsAGate_waitsForWhoIsInside() throws InterruptedException {
    Gate gate = new Gate();
    AtomicBoolean left = new AtomicBoolean();
    AtomicBoolean leftBefore = new AtomicBoolean();
    assertThat(gate.enter()).isTrue();
    Thread closer =
        new Thread(() -> {
          gate.shut();
          leftBefore.set(left.get());
        });
    closer.start();
    left.set(true);
    gate.leave();
    closer.join();

    assertThat(leftBefore).isTrue();
  }
}
