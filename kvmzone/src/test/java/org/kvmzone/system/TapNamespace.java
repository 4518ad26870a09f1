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
  /**
   * Of an order: has an iperf3 serve one test on each of the ports 5201 and 5202, and end with QEMU
   * at the latest. One whose client has gone may wait for it without end, and use a CPU for that.
   */
  static final String SERVE_IPERF3 =
      "for port in 5201 5202; do"
          + " setpriv --pdeathsig KILL iperf3 -s -1 -p $port >/dev/null 2>&1 & done";

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
