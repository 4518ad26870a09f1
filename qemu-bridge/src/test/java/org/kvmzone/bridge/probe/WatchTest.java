package org.kvmzone.bridge.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WatchTest {
  static final Probe DROP =
      Probe.define(
          "watchtest",
          "drop",
          Arg.string("vnic"),
          Arg.string("reason"),
          Arg.bytes("length"),
          Arg.id("queue"));

  static final Probe TICK = Probe.define("watchtest", "tick");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "watchtest:drop @drops[vnic,reason]=count()"
            + "| watchtest:drop @drops[vnic, reason] = count()",
        "  watchtest : drop{@[ reason ]= count ( ) ;} | watchtest:drop @[reason] = count()",
        "watchtest:drop @ = sum(length); | watchtest:drop @ = sum(length)",
        "watchtest:drop @a[queue] = avg(length) | watchtest:drop @a[queue] = avg(length)",
        "watchtest:drop @a=min(queue) | watchtest:drop @a = min(queue)",
        "watchtest:drop @a=max(length) | watchtest:drop @a = max(length)",
        "watchtest:drop @=quantize(length) | watchtest:drop @ = quantize(length)",
        "watchtest:drop @=quantize(queue,length) | watchtest:drop @ = quantize(queue, length)",
        "watchtest:drop @=lquantize(length,-5,5) | watchtest:drop @ = lquantize(length, -5, 5, 1)",
        "watchtest:drop @=lquantize(length,0,25,10,queue)"
            + "| watchtest:drop @ = lquantize(length, 0, 20, 10, queue)",
        "watchtest:tick @=count() | watchtest:tick @ = count()",
      })
  void parse_readsWhatToStringWrites(String text, String canonical) {
    assertThat(Watch.parse(text)).hasToString(canonical);
    assertThat(Watch.parse(canonical)).hasToString(canonical);
  }

  @Test
  void parse_keepsTheOrderOfTheKey() {
    Watch watch = Watch.parse("watchtest:drop @x[queue, vnic] = count()");
    assertThat(watch.probe()).isSameAs(DROP);
    assertThat(watch.name()).isEqualTo("x");
    assertThat(watch.keys()).extracting(Arg::name).containsExactly("queue", "vnic");
    assertThat(watch.value()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "watchtest:drpo @ = count() | unknown probe watchtest:drpo, did you mean watchtest:drop?",
        "nothing:like-it-at-all @ = count() | unknown probe nothing:like-it-at-all",
        "watchtest:drop @[vnci] = count()"
            + "| probe watchtest:drop has no argument vnci, did you mean vnic?",
        "watchtest:drop @[nonsense] = count()"
            + "| probe watchtest:drop has no argument nonsense, it has vnic, reason, length, queue",
        "watchtest:tick @[vnic] = count() | probe watchtest:tick has no argument vnic, it has none",
        "watchtest:drop @ = quantise(length)"
            + "| unknown function quantise, did you mean quantize?",
        "watchtest:drop @ = stack() | unknown function stack, it has count, sum, avg, min, max,"
            + " quantize, lquantize",
        "watchtest:drop @ = sum(reason)"
            + "| sum() needs a number, but reason of watchtest:drop is a string",
        "watchtest:drop @ = sum(queue) | sum() of queue means nothing: it is a name, not an amount",
        "watchtest:drop @[vnic, vnic] = count() | the key has vnic twice",
        "watchtest:drop @ = lquantize(length, 5, 1)"
            + "| lquantize() needs a lower limit, a higher one, and a step of at least 1",
        "watchtest:drop @ = lquantize(length, 0, 99999999999999999999)"
            + "| 99999999999999999999 does not fit into 64 bits",
        "watchtest:drop @ = lquantize(length, x, 9)"
            + "| watch 'watchtest:drop @ = lquantize(length, x, 9)': expected a lower limit (a whole"
            + " number) before 'x, 9)'",
        "watchtest:drop drops = count()"
            + "| watch 'watchtest:drop drops = count()': expected '@' before 'drops = count()'",
        "watchtest:drop @ = count( | watch 'watchtest:drop @ = count(': expected ')' at its end",
        "watchtest:drop @ = count() x"
            + "| watch 'watchtest:drop @ = count() x': expected nothing more before 'x'",
        "watchtest:drop { @ = count(); "
            + "| watch 'watchtest:drop { @ = count();': expected '}' at its end",
        "watchtest | watch 'watchtest': expected ':' at its end",
        "'' | watch '': expected a probe, such as vnic:drop at its end",
      })
  void parse_saysInOneLineWhatIsWrong(String text, String message) {
    assertThatThrownBy(() -> Watch.parse(text))
        .isInstanceOf(WatchException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"watchtest:drop\n@\r= count()", "watchtest:drop\t@\u0000=count()"})
  void parse_takesControlsForBlanks(String text) {
    assertThat(Watch.parse(text)).hasToString("watchtest:drop @ = count()");
  }

  @Test
  void parse_refusesWhatIsTooLong() {
    assertThatThrownBy(() -> Watch.parse("x".repeat(100_000)))
        .hasMessage("watch expression is longer than 1000 characters");
  }

  @Test
  void parse_ofDamagedExpressionsEndsInAWatchOrInOneLine() {
    long seed = Long.getLong("seed", System.nanoTime());
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    String sound = "watchtest:drop @drops[vnic, queue] = lquantize(length, 0, 100, 10, queue);";
    String pool = "@:=[](){},;-0129azAZ_ \n\u0000\u00e4\ud83d";
    for (int i = 0; i < 5_000; i++) {
      StringBuilder damaged = new StringBuilder(sound);
      for (int n = random.nextInt(1, 5); n > 0; n--) {
        int at = random.nextInt(damaged.length());
        char other = pool.charAt(random.nextInt(pool.length()));
        switch (random.nextInt(3)) {
          case 0 -> damaged.setCharAt(at, other);
          case 1 -> damaged.insert(at, other);
          default -> damaged.deleteCharAt(at);
        }
      }
      try {
        String canonical = Watch.parse(damaged.toString()).toString();
        assertThat(Watch.parse(canonical)).hasToString(canonical);
      } catch (WatchException e) {
        assertThat(e.getMessage()).as("seed %d: %s", seed, damaged).isNotBlank().hasLineCount(1);
      }
    }
  }
}
