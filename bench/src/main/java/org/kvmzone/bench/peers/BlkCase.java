package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Requests of libblkio to a back end. */
final class BlkCase extends DrivenCase<BlkSetup> {
  /** What comes first, and is not counted. */
  private static final int SETTLING_SECONDS = 1;

  /** How often it is measured again because the CPUs were not near each other. */
  private static final int PATIENCE = 5;

  /**
   * A case.
   *
   * @param backends ours, the peer, and others
   */
  BlkCase(
      String name,
      BlkSetup setup,
      Optional<Target> target,
      List<Backend<BlkSetup>> backends,
      Workbench bench,
      int seconds) {
    super(name, setup, target, backends, bench, seconds);
  }

  @Override
  public String unit() {
    return "requests";
  }

  @Override
  Sample measure(Running backend, Ruler ruler) throws IOException, InterruptedException {
    BlkioBench.Outcome ignored = BlkioBench.run(bench, backend.socket(), setup, SETTLING_SECONDS);
    long backendBefore;
    long frontendBefore;
    BlkioBench.Outcome outcome;
    boolean near;
    int runs = 0;
    do {
      backend.settled();
      near = ruler.nanos() < Ruler.NEAR;
      backendBefore = backend.child().cpuNanos();
      frontendBefore = endedChildrenNanos();
      outcome = BlkioBench.run(bench, backend.socket(), setup, seconds);
      near &= ruler.nanos() < Ruler.NEAR;
    } while (!near && ++runs < PATIENCE);
    double requests = outcome.perSecond() * seconds;
    double backendNanos = backend.child().cpuNanos() - backendBefore;
    double frontendNanos = endedChildrenNanos() - frontendBefore;
    Running.Account account = backend.account();
    Map<String, String> notes = new LinkedHashMap<>(account.notes());
    notes.put("mean-latency-us", "%.2f".formatted(outcome.meanLatencyMicros()));
    return new Sample(
        outcome.perSecond(),
        backendNanos / requests,
        frontendNanos / requests,
        account.busyNanos().isPresent() ? account.busyNanos().getAsDouble() : null,
        setup.frontend() == BlkSetup.Frontend.POLL
            ? frontendNanos / TimeUnit.SECONDS.toNanos(seconds)
            : null,
        near,
        notes);
  }

  /** The CPU time of all programs that were started from here and have ended. */
  private static long endedChildrenNanos() throws IOException {
    return ProcStat.childrenNanos(Files.readString(Path.of("/proc/self/stat")));
  }
}
