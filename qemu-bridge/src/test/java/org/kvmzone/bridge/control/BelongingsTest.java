package org.kvmzone.bridge.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BelongingsTest {
  private final Belongings belongings = new Belongings();
  private final List<String> closed = new ArrayList<>();

  @Test
  void close_closesEverythingOnce_evenIfOneOfThemFails() {
    belongings.keep("a", () -> closed.add("a"));
    belongings.keep(
        "b",
        () -> {
          throw new IllegalStateException("b cannot");
        });
    belongings.keep("c", () -> closed.add("c"));
    belongings.close();
    belongings.close();
    assertThat(closed).containsExactlyInAnyOrder("a", "c");
    assertThat(belongings.isEmpty()).isTrue();
  }

  @Test
  void keep_afterTheEndClosesAtOnce() {
    belongings.close();
    belongings.keep("late", () -> closed.add("late"));
    assertThat(closed).containsExactly("late");
    assertThat(belongings.kept("late", AutoCloseable.class)).isEmpty();
  }

  @Test
  void release_closesWhatIsThere() {
    belongings.keep("a", () -> closed.add("a"));
    assertThat(belongings.kept("a", AutoCloseable.class)).isPresent();
    assertThat(belongings.release("a")).isTrue();
    assertThat(belongings.release("a")).isFalse();
    assertThat(closed).containsExactly("a");
  }
}
