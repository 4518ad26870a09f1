package org.kvmzone.bridge.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.device.SpecException;

/** Arguments without devices; those with devices need providers, which {@link PluginIT} brings. */
class PluginArgumentsTest {
  @Test
  void the_last_name_counts_since_that_of_qemu_comes_first() {
    PluginArguments arguments = PluginArguments.parse(List.of("name=of-qemu", "name=g1"));

    assertThat(arguments)
        .isEqualTo(
            new PluginArguments("g1", List.of(), List.of(), Duration.ofSeconds(5), Level.INFO));
  }

  @Test
  void watches_keep_their_order_and_their_equals_signs() {
    PluginArguments arguments =
        PluginArguments.parse(List.of("name=g", "watch=a:b @x = count()", "watch=c", "debug=on"));

    assertThat(arguments.watches()).containsExactly("a:b @x = count()", "c");
    assertThat(arguments.logLevel()).isEqualTo(Level.DEBUG);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "debug=on | name=NAME is missing",
        "name= | name=NAME is missing",
        "name=g;debug=yes | debug=yes: must be on or off",
        "name=g;log-level=loud | log-level=loud: must be one of error, warning, info, debug, trace",
        "name=g;diks=zvol | no such argument: diks, did you mean disk?",
        "name=g;warm-up=long | warm-up=long: must be 0 to 10000 milliseconds",
        "name=g;warm-up=10001 | warm-up=10001: must be 0 to 10000 milliseconds",
        "name=g;bare | no such argument: bare (commas inside a SPEC are doubled",
        "name=g;disk=zvol | disk=zvol: id=NAME is missing (commas inside a SPEC are doubled",
        "name=g;net==x | has no first word",
      })
  void what_cannot_be_meant_is_refused_with_what_to_do(String arguments, String message) {
    assertThatThrownBy(() -> PluginArguments.parse(List.of(arguments.split(";"))))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining(message);
  }
}
