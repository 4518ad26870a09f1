package org.kvmzone.bridge.conformance;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kvmzone.bridge.testing.Choices;

/** The fuzzer's target on seeded inputs. */
@Timeout(120)
class FuzzTest {
  @Test
  void sessions() {
    Choices.repeat(400, SessionFuzz::run);
  }
}
