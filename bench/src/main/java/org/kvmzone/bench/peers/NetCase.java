package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bench.peers.NetSetup.Direction;
import org.kvmzone.bench.peers.NetSetup.Poll;

/** Frames between DPDK's virtio-user and a back end. */
final class NetCase implements Case {
  /** What is waited for first, and not counted. */
  private static final long SETTLING_MILLIS = 1000;

  private static final long WINDOW_MILLIS = 500;

  private final NetSetup setup;
  private final Optional<Target> target;
  private final List<Backend<NetSetup>> backends;
  private final Workbench bench;
  private final int seconds;

  NetCase(
      NetSetup setup,
      Optional<Target> target,
      List<Backend<NetSetup>> backends,
      Workbench bench,
      int seconds) {
    this.setup = setup;
    this.target = target;
    this.backends = backends;
    this.bench = bench;
    this.seconds = seconds;
  }

  @Override
  public String name() {
    return setup.name();
  }

  @Override
  public String unit() {
    return "frames";
  }

  @Override
  public Optional<Target> target() {
    return target;
  }

  @Override
  public List<String> sides() {
    return backends.stream().map(Backend::name).toList();
  }

  @Override
  public Sample measure(String side) throws IOException, InterruptedException {
    Backend<NetSetup> chosen =
        backends.stream().filter(each -> each.name().equals(side)).findFirst().orElseThrow();
    try (Burst _ = Burst.begin(bench);
        Running backend = chosen.start(setup, bench.fresh(side));
        Testpmd frontend = Testpmd.frontend(bench, backend.socket(), setup)) {
      return measure(backend, frontend);
    }
  }

  private Sample measure(Running backend, Testpmd frontend)
      throws IOException, InterruptedException {
    long features = frontend.negotiated();
    if (!setup.ring().isIn(features)) {
      throw new Unavailable(
          "the two agreed on features %#x: no %s".formatted(features, setup.ring().word()));
    }
    if (setup.direction() == Direction.ECHO) {
      frontend.forwardFirstSending();
    } else {
      frontend.forward();
    }
    TimeUnit.MILLISECONDS.sleep(SETTLING_MILLIS);
    List<Double> windows = new ArrayList<>();
    long framesBefore = frames(frontend.statistics());
    long backendBefore = backend.child().cpuNanos();
    long frontendBefore = frontend.child().cpuNanos();
    long start = System.nanoTime();
    long frames = 0;
    for (int i = 0; i < seconds * 1000L / WINDOW_MILLIS; i++) {
      TimeUnit.MILLISECONDS.sleep(WINDOW_MILLIS);
      Testpmd.Statistics statistics = frontend.statistics();
      windows.add(
          setup.direction() == Direction.SINK
              ? statistics.sentPerSecond()
              : statistics.receivedPerSecond());
      frames = frames(statistics) - framesBefore;
    }
    double backendNanos = backend.child().cpuNanos() - backendBefore;
    double frontendNanos = frontend.child().cpuNanos() - frontendBefore;
    double nanos = System.nanoTime() - start;
    if (frames == 0) {
      throw new IOException(name() + ": no frame came through in " + seconds + " s");
    }
    double frontendBusy = frontend.stop();
    Running.Account account = backend.account();
    Map<String, String> notes = new LinkedHashMap<>(account.notes());
    notes.put("features", "%#x".formatted(features));
    notes.put("frontend-busy-ns", "%.1f".formatted(frontendBusy));
    return new Sample(
        Statistics.median(windows),
        backendNanos / frames,
        frontendNanos / frames,
        account.busyNanos().isPresent() ? account.busyNanos().getAsDouble() : null,
        // The front end looks for frames without end, and so do back ends that are told to.
        Math.min(frontendNanos, setup.poll() == Poll.BUSY ? backendNanos : Double.POSITIVE_INFINITY)
            / nanos,
        notes);
  }

  private long frames(Testpmd.Statistics statistics) {
    return setup.direction() == Direction.SINK ? statistics.sent() : statistics.received();
  }
}
