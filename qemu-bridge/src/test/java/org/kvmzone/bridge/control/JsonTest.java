package org.kvmzone.bridge.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void parse_readsEveryKindOfValue() {
    assertThat(Json.parse(" { \"a\" : [ 1 , -2.5e1 , true , false , null , \"x\" ] , \"b\":{} } "))
        .isEqualTo(
            Json.object()
                .put(
                    "a",
                    List.of(
                        Json.of(1),
                        new Json.Decimal(-25),
                        Json.of(true),
                        Json.of(false),
                        Json.Nothing.NULL,
                        Json.of("x")))
                .put("b", Json.object().build())
                .build());
    assertThat(Json.parse("[]")).isEqualTo(new Json.Arr(List.of()));
  }

  @Test
  void parse_keepsWholeNumbersExactly() {
    assertThat(Json.parse("9223372036854775807")).isEqualTo(Json.of(Long.MAX_VALUE));
    assertThat(Json.parse("-9223372036854775808")).isEqualTo(Json.of(Long.MIN_VALUE));
    assertThat(Json.parse("9223372036854775808")).isEqualTo(new Json.Decimal(0x1p63));
    assertThat(Json.parse("-0")).isEqualTo(Json.of(0));
  }

  @Test
  void parse_readsEscapesAndPairs() {
    assertThat(Json.parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\uDE00\ud83d\ude00\""))
        .isEqualTo(Json.of("\"\\/\b\f\n\r\t\u00e4\ud83d\ude00\ud83d\ude00"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "\"",
        "\"\\",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u\uff11234\"",
        "\"\t\"",
        "\"\n\"",
        "\"\\ud83d\"",
        "\"\\ude00\\ud83d\"",
        "\"\\ud83dx\"",
        "\ud83d",
        "tru",
        "nul",
        "True",
        "NaN",
        "Infinity",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x10",
        "1 2",
        "{} x",
        "'a'",
        "[1]]",
        "/**/1",
        "1e400",
        "\ufeff1",
        "\uffff",
        "\"\uffff",
      })
  void parse_refusesWhatIsNotJson(String text) {
    assertThatThrownBy(() -> Json.parse(text))
        .isInstanceOf(JsonException.class)
        .hasMessageStartingWith("not JSON: ")
        .message()
        .hasLineCount(1);
  }

  @Test
  void parse_refusesAMemberThatOccursTwice() {
    assertThatThrownBy(() -> Json.parse("{\"a\":1,\"\\u0061\":1}"))
        .hasMessage("not JSON: a member occurs twice: \"a\" at character 18");
  }

  @Test
  void parse_boundsTheDepth() {
    int depth = JsonReader.MAX_DEPTH;
    assertThat(Json.parse("[".repeat(depth) + "]".repeat(depth)).line()).hasSize(2 * depth);
    assertThatThrownBy(() -> Json.parse("[".repeat(depth + 1) + "]".repeat(depth + 1)))
        .hasMessage("not JSON: more than 32 levels at character 33");
    assertThatThrownBy(() -> Json.parse("{\"a\":".repeat(1_000_000)))
        .isInstanceOf(JsonException.class);
  }

  @Test
  void line_isOneLineWhateverTheStrings() {
    Json.Obj object =
        Json.object()
            .put("a\n", "\"\\\r\n\t\u0000\u001b\u007f\u00e4")
            .put("half", "\ud83d!")
            .build();
    assertThat(object.line())
        .isEqualTo(
            "{\"a\\n\":\"\\\"\\\\\\r\\n\\t\\u0000\\u001b\\u007f\u00e4\",\"half\":\"\ufffd!\"}");
  }

  @Test
  void decimal_refusesWhatJsonCannotSay() {
    assertThatThrownBy(() -> new Json.Decimal(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anyValue_isReadBackAsItWasWritten() {
    long seed = Long.getLong("seed", System.nanoTime());
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    for (int i = 0; i < 5_000; i++) {
      Json value = value(random, 4);
      assertThat(Json.parse(value.line())).as("seed %d", seed).isEqualTo(value);
    }
  }

  @Test
  void damagedText_isReadOrRefusedInOneLine() {
    long seed = Long.getLong("seed", System.nanoTime());
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = value(random, 3).line().getBytes(StandardCharsets.UTF_8);
      for (int n = random.nextInt(1, 4); n > 0; n--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      String damaged = new String(bytes, StandardCharsets.ISO_8859_1);
      try {
        Json value = Json.parse(damaged);
        assertThat(Json.parse(value.line())).as("seed %d: %s", seed, damaged).isEqualTo(value);
      } catch (JsonException e) {
        assertThat(e.getMessage()).as("seed %d: %s", seed, damaged).hasLineCount(1);
      }
    }
  }

  private static Json value(RandomGenerator random, int depth) {
    return switch (random.nextInt(depth > 0 ? 8 : 5)) {
      case 0 -> Json.Nothing.NULL;
      case 1 -> Json.of(random.nextBoolean());
      case 2 -> Json.of(random.nextLong() >> random.nextInt(64));
      case 3 -> new Json.Decimal(random.nextGaussian() * Math.pow(10, random.nextInt(-300, 300)));
      case 4 -> Json.of(text(random));
      case 5, 6 -> {
        List<Json> values = new ArrayList<>();
        for (int n = random.nextInt(4); n > 0; n--) {
          values.add(value(random, depth - 1));
        }
        yield new Json.Arr(values);
      }
      default -> {
        Map<String, Json> members = new LinkedHashMap<>();
        for (int n = random.nextInt(4); n > 0; n--) {
          members.put(text(random), value(random, depth - 1));
        }
        yield new Json.Obj(members);
      }
    };
  }

  private static String text(RandomGenerator random) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(6); n > 0; n--) {
      int point = random.nextInt(Character.MAX_CODE_POINT + 1) >> random.nextInt(20);
      if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
        text.appendCodePoint(point);
      }
    }
    return text.toString();
  }
}
