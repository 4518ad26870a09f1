package org.kvmzone.bench.bare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.testing.FrontEnd;

/** The front end keeps all of its chains moving, and counts each that comes back once. */
final class FrontEndTest {
  private static final int NET_CHAINS = 256;

  private static Options options(String device) {
    List<String> words = new ArrayList<>(List.of("--socket", "none"));
    words.addAll(List.of(device.split(" ")));
    return Options.parse(words);
  }

  private static Loop device(Options options, Traffic traffic) {
    Service service = new Service(options);
    List<RingPlace> places =
        service.rings().stream()
            .map(i -> new RingPlace(traffic.rings().get(i).memory(), 0, false, false, -1))
            .toList();
    return service.loop(places, traffic.ram().memory());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--net sink", "--net source", "--net echo", "--blk null"})
  void whatComesBack_isCountedOnce_andOfferedAgain(String words) {
    Options options = options(words);
    try (Traffic traffic = new Traffic(options)) {
      Loop device = device(options, traffic);
      assertThat(traffic.until(0)).isZero();
      traffic.begin();
      int chains = options.card().isPresent() ? NET_CHAINS : Traffic.DEPTH;
      for (int round = 0; round < 1000; round++) { // several times round the index
        device.poll(3);
        assertThat(traffic.until(0)).isEqualTo(chains);
      }
    }
  }

  @Test
  void aDeviceThatGivesBackMoreThanItGot_isNotBelieved() {
    try (Traffic traffic = new Traffic(options("--net sink"))) {
      traffic.begin();
      traffic.rings().get(1).memory().used().set(ValueLayout.JAVA_SHORT, 2, (short) 257);
      assertThatThrownBy(() -> traffic.until(0)).hasMessageContaining("257 chains");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--net sink", "--net source", "--net echo", "--blk null"})
  void aBackEnd_isDriven_fromTheFirstWindowOn(String words) throws InterruptedException {
    Options options = options(words);
    Fd[] pair = FrontEnd.pair();
    Thread backEnd =
        new Thread(() -> {
          try (BareSession session =
              new BareSession(new BareSocket(pair[1]), new Service(options), Optional.empty())) {
            session.run();
          }
        });
    backEnd.start();
    long[] windows = BareFrontEnd.drive(pair[0], options, 200);
    backEnd.join();
    assertThat(windows).hasSize(200);
    // Not much, if the machine is busy, but more than was made available at first.
    assertThat(Arrays.stream(windows).sum()).isGreaterThan(NET_CHAINS);
  }
}
