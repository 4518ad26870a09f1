package org.kvmzone.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A network namespace of QEMU's own, with the host's side of its taps. */
final class TapNamespace {
  private TapNamespace() {}

  /** Skips the test where this user may not make a tap in one. */
  static void assumePossible(Path directory) throws IOException {
    List<String> words =
        List.of("unshare", "--net", "ip", "tuntap", "add", "kvmtap0", "mode", "tap");
    try (Command command = new Command(directory, Map.of(), words)) {
      assumeTrue(
          command.awaitExit(Duration.ofSeconds(10)) == 0,
          "this user may not make a tap in a network namespace of its own");
    }
  }

  /**
   * Launches QEMU in one.
   *
   * @param order what is done there before
   */
  static Qemu.Launch launch(String order, Qemu.Launch qemu) {
    return (console, monitor) -> {
      List<String> words =
          new ArrayList<>(List.of("unshare", "--net", "sh", "-ec", order + "; exec \"$@\"", "sh"));
      words.addAll(qemu.words(console, monitor));
      return words;
    };
  }
}
