package org.kvmzone.bridge.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import org.junit.jupiter.api.Test;

class CountersTest {
  enum Link implements Counter {
    PACKETS("ipackets64"),
    BYTES("rbytes64"),
    DROPS("idrops");

    private final String kstat;

    Link(String kstat) {
      this.kstat = kstat;
    }

    @Override
    public String kstat() {
      return kstat;
    }
  }

  @Test
  void values_areNamedAsKstatsInTheOrderOfTheEnum() {
    Counters<Link> counters = new Counters<>(Link.class);
    counters.increment(Link.PACKETS);
    counters.increment(Link.PACKETS);
    counters.add(Link.BYTES, 1518);
    assertThat(counters.value(Link.PACKETS)).isEqualTo(2);
    assertThat(Counters.sum(List.of(counters)))
        .containsExactly(entry("ipackets64", 2L), entry("rbytes64", 1518L), entry("idrops", 0L));
  }

  @Test
  void sum_addsUpQueues() {
    Counters<Link> first = new Counters<>(Link.class);
    Counters<Link> second = new Counters<>(Link.class);
    first.add(Link.BYTES, 60);
    second.add(Link.BYTES, 1 << 20);
    second.increment(Link.DROPS);
    assertThat(Counters.sum(List.of(first, second)))
        .containsExactly(
            entry("ipackets64", 0L), entry("rbytes64", (1L << 20) + 60), entry("idrops", 1L));
    assertThat(Counters.<Link>sum(List.of())).isEmpty();
  }

  @Test
  void value_isSeenByAnotherThreadWhileTheOwnerCounts() throws InterruptedException {
    Counters<Link> counters = new Counters<>(Link.class);
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              long last = 0;
              while (last < 1_000_000) {
                long now = counters.value(Link.PACKETS);
                if (now < last) {
                  return;
                }
                last = now;
              }
              counters.increment(Link.DROPS);
            });
    for (int i = 0; i < 1_000_000; i++) {
      counters.increment(Link.PACKETS);
    }
    reader.join();
    assertThat(counters.value(Link.DROPS)).as("the reader saw it grow to the end").isEqualTo(1);
  }
}
