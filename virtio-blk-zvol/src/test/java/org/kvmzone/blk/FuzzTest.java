package org.kvmzone.blk;

import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.Choices;

/** The fuzzer's target on seeded inputs. */
class FuzzTest {
  @Test
  void requests() {
    Choices.repeat(1000, RequestFuzz::run);
  }
}
