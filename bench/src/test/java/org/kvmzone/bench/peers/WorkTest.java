package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class WorkTest {
  private static final Work BEFORE = new Work(5_000, 100);

  @Test
  void whatWasDoneBefore_isNotCounted() {
    assertThat(new Work(5_500, 110).busyNanosEach(BEFORE)).hasValue(50);
  }

  @Test
  void ofNothing_thereIsNoTimeForEach() {
    assertThat(new Work(6_000, 100).busyNanosEach(BEFORE)).isEmpty();
  }
}
