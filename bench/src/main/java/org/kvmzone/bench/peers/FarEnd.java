package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a guest talks to: a network namespace with a tap, and an iperf3 in it that serves one test.
 * The namespace has no name: nothing is left of it when the processes in it have ended, however.
 */
final class FarEnd implements AutoCloseable {
  /** The tap, of one queue, which a back end opens by its name. */
  static final String TAP = "kvmtap0";

  /** The host's address on it. */
  static final String ADDRESS = "10.89.0.1";

  private static final Path TUN = Path.of("/dev/net/tun");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern UP = Pattern.compile("^up$");

  private final Child iperf;

  private FarEnd(Child iperf) {
    this.iperf = iperf;
  }

  /**
   * Makes one.
   *
   * @throws Unavailable if this user, or this machine, cannot have one
   */
  static FarEnd start(Workbench bench) throws IOException, InterruptedException {
    if (!System.getProperty("user.name").equals("root")) {
      throw new Unavailable("a tap in a network namespace of its own is made by root only");
    }
    if (!Files.exists(TUN)) {
      throw new Unavailable("this machine has no " + TUN + ", and so no taps");
    }
    String order =
        ("ip link set lo up; ip tuntap add %1$s mode tap vnet_hdr; ip addr add %2$s/24 dev %1$s; ip link set %1$s up;"
                + " echo up; exec iperf3 --server --one-off --json")
            .formatted(TAP, ADDRESS);
    List<String> words = new ArrayList<>(onAllCpus());
    words.addAll(List.of("unshare", "--net", "sh", "-ec", order));
    Child child = Child.start("iperf3", Child.FRONTEND_CPU, bench.scratch(), words);
    try {
      child.output().await(UP, PATIENCE);
      return new FarEnd(child);
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
  }

  /** The words before a program's own that start it there; none of them stays a process. */
  List<String> inside() {
    List<String> words =
        new ArrayList<>(List.of("nsenter", "--net=/proc/%d/ns/net".formatted(iperf.pid())));
    words.addAll(onAllCpus());
    return words;
  }

  /**
   * A guest's processor, what serves its NIC and who it talks to are threads of two processes or of
   * three: which CPUs they have is left to the scheduler.
   */
  private static List<String> onAllCpus() {
    return List.of("taskset", "-c", "0-" + (Runtime.getRuntime().availableProcessors() - 1));
  }

  /** What came of the test, now that its other end is done. */
  IperfReport report() throws IOException, InterruptedException {
    return IperfReport.parse(iperf.awaitEnd(PATIENCE));
  }

  @Override
  public void close() {
    iperf.close();
  }
}
