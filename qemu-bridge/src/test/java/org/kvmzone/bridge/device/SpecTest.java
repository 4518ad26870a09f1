package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpecTest {
  private static void refused(ThrowingCallable call, String message) {
    assertThatExceptionOfType(SpecException.class).isThrownBy(call).withMessage(message);
  }

  @Test
  void parse_readsAWordAndValuesInTheirOrder() {
    Spec spec = Spec.parse("vnic,id=net0,kind=etherstub,over=stub0,a=,mac-nospoof=off");
    assertThat(spec.word()).isEqualTo("vnic");
    assertThat(spec.id()).isEqualTo("net0");
    assertThat(spec.label()).isEqualTo("vnic net0");
    assertThat(spec.values())
        .containsExactly(
            entry("id", "net0"),
            entry("kind", "etherstub"),
            entry("over", "stub0"),
            entry("a", ""),
            entry("mac-nospoof", "off"));
    assertThat(spec.text("kind")).contains("etherstub");
    assertThat(spec.text("Kind")).isEmpty();
  }

  @Test
  void parse_ofAWordAlone_hasNoValues() {
    assertThat(Spec.parse("vnic").values()).isEmpty();
    assertThat(Spec.parse("vnic").label()).isEqualTo("vnic");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "zvol,path=/a,,b|/a,b",
        "zvol,path=,,|,",
        "zvol,path=,,,,|,,",
        "zvol,path=a=b=c|a=b=c",
        "zvol,path=,,x=1|,x=1",
        "zvol,path=/a,,,other=1|/a,",
      })
  void parse_takesADoubledCommaForOne(String text, String value) {
    assertThat(Spec.parse(text).text("path")).contains(value);
  }

  @Test
  void parse_withoutAWord_saysWhatToWrite() {
    refused(() -> Spec.parse(""), "\"\" has no first word: write vnic,id=… or zvol,id=…");
    refused(
        () -> Spec.parse("id=net0,kind=tap"),
        "\"id=net0,kind=tap\" has no first word: write vnic,id=… or zvol,id=…");
    refused(() -> Spec.parse(",id=a"), "\",id=a\" has no first word: write vnic,id=… or zvol,id=…");
  }

  @ParameterizedTest
  @ValueSource(strings = {"on", "=1", "0a=1", "-a=1", "a b=1", "ä=1"})
  void parse_ofWhatIsNoNameAndValue_namesIt(String part) {
    refused(
        () -> Spec.parse("vnic," + part + ",id=a"),
        "vnic: \"" + part + "\" is no name=value (a comma inside a value is doubled)");
  }

  @Test
  void parse_ofACommaAtTheEnd_missesSomethingBehindIt() {
    refused(
        () -> Spec.parse("vnic,id=a,"),
        "vnic: \"\" is no name=value (a comma inside a value is doubled)");
  }

  @Test
  void parse_ofANameGivenTwice_namesIt() {
    refused(() -> Spec.parse("vnic,id=a,ip=1,id=b"), "vnic: id is given twice");
  }

  @Test
  void id_isANameThatFitsEverywhere() {
    assertThat(Spec.parse("zvol,id=a.b_c-9").id()).isEqualTo("a.b_c-9");
    assertThat(Spec.parse("zvol,id=" + "x".repeat(32)).id()).hasSize(32);
    refused(() -> Spec.parse("zvol,path=a").id(), "zvol: id=NAME is missing");
    for (String bad : List.of("", "9a", "a/b", "..", "a b", "x".repeat(33), "a\n")) {
      refused(
          () -> Spec.of("zvol", Map.of("id", bad)).id(),
          "zvol "
              + bad
              + ": id="
              + bad
              + ": must be a letter, then up to 31 of letters, digits, _ . -");
    }
  }

  @Test
  void list_countsFromZeroOrIsASingleValue() {
    Spec spec = Spec.parse("vnic,ips.1=b,ips.0=a,dns=x,ips.2=c,ipsx.0=no");
    assertThat(spec.list("ips")).containsExactly("a", "b", "c");
    assertThat(spec.list("dns")).containsExactly("x");
    assertThat(spec.list("none")).isEmpty();
  }

  @Test
  void list_withAGap_isRefusedAndNotCutShort() {
    refused(
        () -> Spec.parse("vnic,id=n,ips.0=a,ips.2=c").list("ips"),
        "vnic n: ips.1 is missing: a list counts from 0, by one");
    refused(
        () -> Spec.parse("vnic,ips.1=b").list("ips"),
        "vnic: ips.0 is missing: a list counts from 0, by one");
    refused(
        () -> Spec.parse("vnic,ips.00=b").list("ips"),
        "vnic: ips.0 is missing: a list counts from 0, by one");
    refused(
        () -> Spec.parse("vnic,ips=a,ips.0=b").list("ips"),
        "vnic: ips and ips.0: give one of the two");
  }

  @Test
  void flag_isOnOrOff() {
    Spec spec = Spec.parse("zvol,id=d,a=on,b=off,c=yes,e=ON");
    assertThat(spec.flag("a", false)).isTrue();
    assertThat(spec.flag("b", true)).isFalse();
    assertThat(spec.flag("none", true)).isTrue();
    assertThat(spec.flag("none", false)).isFalse();
    refused(() -> spec.flag("c", true), "zvol d: c=yes: must be on or off");
    refused(() -> spec.flag("e", true), "zvol d: e=ON: must be on or off");
  }

  @Test
  void number_liesWithinItsBounds() {
    Spec spec = Spec.parse("zvol,one=1,nine=9,ten=10,minus=-1,word=x,much=99999999999,empty=");
    assertThat(spec.number("one", 1, 9, 5)).isEqualTo(1);
    assertThat(spec.number("nine", 1, 9, 5)).isEqualTo(9);
    assertThat(spec.number("none", 1, 9, 5)).isEqualTo(5);
    for (String name : List.of("ten", "minus", "word", "much", "empty")) {
      refused(
          () -> spec.number(name, 1, 9, 5),
          "zvol: "
              + name
              + "="
              + spec.text(name).orElseThrow()
              + ": must be a whole number from 1 to 9");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "512, 512",
    "512B, 512",
    "1K, 1024",
    "1k, 1024",
    "1kb, 1024",
    "3M, 3145728",
    "10G, 10737418240",
    "10GB, 10737418240",
    "2T, 2199023255552",
    "1P, 1125899906842624",
    "7E, 8070450532247928832",
    "9223372036854775807, 9223372036854775807",
  })
  void size_takesBinarySuffixes(String text, long bytes) {
    assertThat(Spec.of("zvol", Map.of("size", text)).size("size")).contains(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "B",
        "K",
        "-1",
        "-1K",
        "8E",
        "9223372036854775808",
        "1.5G",
        "10Q",
        "1KK",
        "1BB",
        "x",
        "1 K",
        "0x10",
      })
  void size_thatIsNone_isRefused(String text) {
    Spec spec = Spec.of("zvol", Map.of("size", text));
    refused(
        () -> spec.size("size"), "zvol: size=" + text + ": must be a size such as 512, 64K or 10G");
  }

  @Test
  void checkNames_refusesWhatIsUnknownAndNamesTheNearest() {
    List<String> known = List.of("id", "path", "readonly", "ips.N");
    Spec.parse("zvol,id=a,path=b,ips.0=c,ips.17=d").checkNames(known);
    Spec.parse("zvol,ips=c").checkNames(known);
    refused(
        () -> Spec.parse("zvol,id=a,read-only=on").checkNames(known),
        "zvol a: no such property: read-only, did you mean readonly?");
    refused(
        () -> Spec.parse("zvol,id=a,pth.0=on").checkNames(known),
        "zvol a: no such property: pth.0");
    refused(
        () -> Spec.parse("zvol,id=a,quux=1").checkNames(known), "zvol a: no such property: quux");
  }

  @Test
  void checkNames_doesNotTakeThePlaceholderOfAListForAnElement() {
    refused(
        () -> Spec.parse("zvol,id=a,ips.N=1").checkNames(List.of("id", "ips.N")),
        "zvol a: ips.N stands for ips.0, ips.1 and so on");
  }

  @Test
  void toString_isReadBackAsTheSame() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      Map<String, String> values = new LinkedHashMap<>();
      for (int n = random.nextInt(5); n >= 0; n--) {
        StringBuilder value = new StringBuilder();
        for (int length = random.nextInt(6); length > 0; length--) {
          value.append(",,=ab .".charAt(random.nextInt(7)));
        }
        values.put("n" + n, value.toString());
      }
      String text = Spec.of("vnic", values).toString();
      assertThat(Spec.parse(text).values()).as("seed %d: %s", seed, text).isEqualTo(values);
      assertThat(Spec.parse(text)).as("seed %d", seed).hasToString(text);
    }
  }
}
