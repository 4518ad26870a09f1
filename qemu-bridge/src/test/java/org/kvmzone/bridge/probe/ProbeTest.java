package org.kvmzone.bridge.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProbeTest {
  private static final Probe DROP =
      Probe.define(
          "probetest", "drop", Arg.string("vnic"), Arg.string("reason"), Arg.bytes("length"));

  @Test
  void fire_reachesEveryWatcherUntilItStopsWatching() {
    List<String> one = new ArrayList<>();
    List<String> two = new ArrayList<>();
    Watcher first = (s0, s1, s2, n0, n1, n2, n3) -> one.add(s0 + "/" + s1 + "/" + n0);
    Watcher second = (s0, s1, s2, n0, n1, n2, n3) -> two.add(s0 + "/" + s1 + "/" + n0);

    DROP.fire("net0", "unwatched", 60);
    assertThat(DROP.watched()).isFalse();
    DROP.watch(first);
    DROP.fire("net0", "mac-nospoof", 61);
    DROP.watch(second);
    assertThat(DROP.watched()).isTrue();
    DROP.fire("net0", "ip-nospoof", 62);
    DROP.unwatch(first);
    DROP.fire("net1", "restricted", 63);
    DROP.unwatch(second);
    DROP.fire("net1", "unwatched", 64);

    assertThat(one).containsExactly("net0/mac-nospoof/61", "net0/ip-nospoof/62");
    assertThat(two).containsExactly("net0/ip-nospoof/62", "net1/restricted/63");
    assertThat(DROP.watched()).isFalse();
  }

  @Test
  void whatAnUnwatchedThreadFires_nobodySees() throws InterruptedException {
    List<String> seen = new ArrayList<>();
    Watcher watcher = (s0, s1, s2, n0, n1, n2, n3) -> seen.add(s0);
    DROP.watch(watcher);
    UnwatchedThread thread =
        new UnwatchedThread("unwatched", () -> DROP.fire("net0", "rehearsed", 60));
    thread.start();
    thread.join();
    DROP.fire("net1", "real", 60);
    DROP.unwatch(watcher);

    assertThat(seen).containsExactly("net1");
  }

  @Test
  void fire_withOtherArgumentsThanDefinedIsFoundEvenUnwatched() {
    assertThatThrownBy(() -> DROP.fire("net0", 60))
        .isInstanceOf(AssertionError.class)
        .hasMessage("probetest:drop fired with 1 strings and 1 numbers");
  }

  @Test
  void fire_takesAWatcherThatThrowsOffTheProbe() {
    List<Long> seen = new ArrayList<>();
    Watcher faulty =
        (s0, s1, s2, n0, n1, n2, n3) -> {
          throw new IllegalStateException("watcher's own fault");
        };
    Watcher sound = (s0, s1, s2, n0, n1, n2, n3) -> seen.add(n0);
    DROP.watch(faulty);
    DROP.watch(sound);
    DROP.fire("net0", "a", 1);
    DROP.fire("net0", "a", 2);
    DROP.unwatch(sound);
    assertThat(seen).containsExactly(1L, 2L);
    assertThat(DROP.watched()).isFalse();
  }

  @Test
  void everyOverload_passesItsArgumentsInOrder() throws ReflectiveOperationException {
    List<Method> overloads =
        Stream.of(Probe.class.getMethods()).filter(m -> m.getName().equals("fire")).toList();
    assertThat(overloads).hasSize((Probe.MAX_STRINGS + 1) * (Probe.MAX_NUMBERS + 1));
    for (Method fire : overloads) {
      List<Arg> args = new ArrayList<>();
      List<Object> values = new ArrayList<>();
      List<Object> expected = new ArrayList<>(Arrays.asList("", "", "", 0L, 0L, 0L, 0L));
      int numbers = 0;
      for (int i = 0; i < fire.getParameterCount(); i++) {
        boolean string = fire.getParameterTypes()[i] == String.class;
        args.add(string ? Arg.string("s" + i) : Arg.count("n" + i));
        values.add(string ? "value" + i : (Object) (100L + i));
        expected.set(string ? i : 3 + numbers++, values.getLast());
      }
      Probe probe = Probe.define("overload", "x" + Probes.all().size(), args.toArray(Arg[]::new));
      List<Object> seen = new ArrayList<>();
      probe.watch((s0, s1, s2, n0, n1, n2, n3) -> seen.addAll(List.of(s0, s1, s2, n0, n1, n2, n3)));
      fire.invoke(probe, values.toArray());
      assertThat(seen).as("%s", fire).isEqualTo(expected);
    }
  }

  @Test
  void define_refusesWhatCouldNotBeFiredOrNamed() {
    assertRefused("is defined twice", "drop");
    assertRefused("is not like vnic:tx-done", "Drop");
    assertRefused("has a string after a number", "a", Arg.count("n"), Arg.string("s"));
    assertRefused("has two arguments s", "b", Arg.string("s"), Arg.count("s"));
    assertRefused(
        "has more than 3 strings or 4 numbers",
        "c",
        Stream.of("a", "b", "c", "d").map(Arg::string).toArray(Arg[]::new));
    assertRefused(
        "has more than 3 strings or 4 numbers",
        "d",
        Stream.of("a", "b", "c", "d", "e").map(Arg::count).toArray(Arg[]::new));
    assertRefused(
        "has more than 3 strings or 4 numbers",
        "e",
        Stream.of("a", "b", "c", "d", "e", "f", "g", "h").map(Arg::count).toArray(Arg[]::new));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Arg.bytes("tx-length"))
        .withMessageContaining("'tx-length'");
  }

  private static void assertRefused(String why, String name, Arg... args) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Probe.define("probetest", name, args))
        .withMessageContaining(why);
  }

  @Test
  void probes_listsAndFindsWhatIsDefined() {
    assertThat(Probes.find("probetest:drop")).containsSame(DROP);
    assertThat(Probes.find("probetest:none")).isEmpty();
    assertThat(Probes.all())
        .contains(DROP)
        .isSortedAccordingTo((a, b) -> (a + "").compareTo(b + ""));
    assertThat(DROP.args()).extracting(Arg::name).containsExactly("vnic", "reason", "length");
  }
}
