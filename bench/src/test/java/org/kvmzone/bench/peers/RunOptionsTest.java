package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

final class RunOptionsTest {
  private static final Workbench HERE =
      new Workbench(
          Path.of("/here"), Path.of("/c"), Path.of("/s"), Optional.empty(), Optional.empty());

  @Command
  private static final class Measuring {
    @Mixin RunOptions options = new RunOptions();
  }

  /** A side that says where the project is that it would start. */
  private record Side(String name, Path home) implements Backend<String> {
    @Override
    public Running start(String setup, Path directory) {
      throw new AssertionError("not to be started");
    }
  }

  private static List<Backend<String>> sides(String... words) {
    Measuring command = new Measuring();
    CommandLine.ParseResult parsed = new CommandLine(command).parseArgs(words);
    assertThat(parsed.unmatched()).isEmpty();
    return command.options.sides(
        HERE,
        at ->
            List.of(
                new Side("ours", at.home()), new Side("a", at.home()), new Side("b", at.home())));
  }

  private static List<String> names(String... words) {
    return sides(words).stream().map(Backend::name).toList();
  }

  @Test
  void withoutWords_allSidesAreMeasured() {
    assertThat(names()).containsExactly("ours", "a", "b");
  }

  @Test
  void peers_leaveOthersOut() {
    assertThat(names("--peer", "b")).containsExactly("ours", "b");
  }

  @Test
  void before_isOursOfAnotherCheckout_inFrontOfThePeersThatAreNamed() {
    assertThat(names("--before", "/there")).containsExactly("ours", "before");
    assertThat(names("--before", "/there", "--peer", "b")).containsExactly("ours", "before", "b");
    assertThat(sides("--before", "/there").get(1))
        .isEqualTo(new Before<>(new Side("ours", Path.of("/there"))));
  }
}
