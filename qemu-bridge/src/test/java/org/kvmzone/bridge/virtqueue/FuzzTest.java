package org.kvmzone.bridge.virtqueue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.Choices;

/** The fuzzer's targets on seeded inputs. */
class FuzzTest {
  @AfterAll
  static void unmap() {
    FuzzMemory.unmap();
  }

  @Test
  void splitChains() {
    Choices.repeat(10_000, ChainFuzz::run);
  }

  @Test
  void packedChains() {
    Choices.repeat(10_000, PackedChainFuzz::run);
  }

  @Test
  void inflightAreas() {
    Choices.repeat(4000, InflightFuzz::run);
  }
}
