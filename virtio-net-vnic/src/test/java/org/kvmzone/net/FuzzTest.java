package org.kvmzone.net;

import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.Choices;

/** The fuzzer's target on seeded inputs. */
class FuzzTest {
  @Test
  void frames() {
    Choices.repeat(300, FrameFuzz::run);
  }
}
