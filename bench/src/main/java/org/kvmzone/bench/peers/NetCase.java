package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bench.peers.NetSetup.Poll;

/** Frames between DPDK's virtio-user and a back end. */
final class NetCase extends DrivenCase<NetSetup> {
  /** What is waited for first, and not counted: a JVM that shares one CPU with its compilers. */
  private static final long SETTLING_MILLIS = 3000;

  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** How many frames go round: as many as a ring has room for. */
  private static final int IN_FLIGHT = 1024;

  /** How many times as long as asked for it may take until the CPUs were near for so long. */
  private static final int PATIENCE = 5;

  /**
   * A case.
   *
   * @param backends ours, the peer, and others
   */
  NetCase(
      String name,
      NetSetup setup,
      Optional<Target> target,
      List<Backend<NetSetup>> backends,
      Workbench bench,
      int seconds) {
    super(name, setup, target, backends, bench, seconds);
  }

  @Override
  public String unit() {
    return "frames";
  }

  @Override
  Sample measure(Running backend, Ruler ruler) throws IOException, InterruptedException {
    try (Testpmd frontend = Testpmd.frontend(bench, backend.sockets(), setup)) {
      return measure(backend, frontend, ruler);
    }
  }

  private Sample measure(Running backend, Testpmd frontend, Ruler ruler)
      throws IOException, InterruptedException {
    long features = frontend.negotiated();
    if (!setup.ring().isIn(features)) {
      throw new Unavailable(
          "the two agreed on features %#x: no %s".formatted(features, setup.ring().word()));
    }
    switch (setup.direction()) {
      case SINK, SOURCE, XDP -> frontend.forward();
      case ECHO, GUESTS -> frontend.forwardFirstSending(IN_FLIGHT / setup.devices());
    }
    TimeUnit.MILLISECONDS.sleep(SETTLING_MILLIS);
    backend.settled();
    Windows windows = windows(backend.child(), frontend, ruler);
    double frames = windows.counted().stream().mapToLong(Windows.Window::frames).sum();
    double backendNanos =
        windows.counted().stream().mapToDouble(Windows.Window::backendNanos).sum();
    double frontendNanos =
        windows.counted().stream().mapToDouble(Windows.Window::frontendNanos).sum();
    double nanos = windows.counted().stream().mapToLong(Windows.Window::nanos).sum();
    if (frames == 0) {
      throw new IOException(name() + ": no frame came through in " + seconds + " s");
    }
    double frontendBusy = frontend.stop();
    Running.Account account = backend.account();
    Map<String, String> notes = new LinkedHashMap<>(account.notes());
    notes.put("features", "%#x".formatted(features));
    notes.put("frontend-busy-ns", "%.1f".formatted(frontendBusy));
    notes.put("windows-near-far", windows.near() + " " + windows.far());
    notes.put("far-per-second", "%.0f".formatted(windows.farPerSecond()));
    return new Sample(
        windows.perSecond(),
        backendNanos / frames,
        frontendNanos / frames,
        account.busyNanos().isPresent() ? account.busyNanos().getAsDouble() : null,
        // The front end looks for frames without end, and so do back ends that are told to.
        Math.min(frontendNanos, setup.poll() == Poll.BUSY ? backendNanos : Double.POSITIVE_INFINITY)
            / nanos,
        windows.near() > 0,
        notes);
  }

  /** Waits for as many windows with the CPUs near each other as were asked for, within reason. */
  private Windows windows(Child backend, Testpmd frontend, Ruler ruler)
      throws IOException, InterruptedException {
    Windows windows = new Windows();
    int wanted = Math.toIntExact(TimeUnit.SECONDS.toNanos(seconds) / WINDOW_NANOS);
    double distance = ruler.nanos();
    long frames = frames(backend, frontend.statistics());
    double backendNanos = backend.cpuNanos();
    double frontendNanos = frontend.child().cpuNanos();
    long start = System.nanoTime();
    for (int i = 0; i < PATIENCE * wanted && windows.near() < wanted; i++) {
      TimeUnit.NANOSECONDS.sleep(WINDOW_NANOS);
      Testpmd.Statistics statistics = frontend.statistics();
      double backendNow = backend.cpuNanos();
      double frontendNow = frontend.child().cpuNanos();
      long now = System.nanoTime();
      double distanceNow = ruler.nanos();
      long framesNow = frames(backend, statistics);
      windows.add(
          new Windows.Window(
              switch (setup.direction()) {
                case SINK -> statistics.sentPerSecond();
                case SOURCE, ECHO, GUESTS -> statistics.receivedPerSecond();
                case XDP -> (framesNow - frames) * NANOS_PER_SECOND / (now - start);
              },
              now - start,
              framesNow - frames,
              backendNow - backendNanos,
              frontendNow - frontendNanos),
          distance,
          distanceNow);
      start = now;
      distance = distanceNow;
      frames = framesNow;
      backendNanos = backendNow;
      frontendNanos = frontendNow;
    }
    return windows;
  }

  /** How many have come through: to the link, if there is one behind the back end. */
  private long frames(Child backend, Testpmd.Statistics statistics) throws IOException {
    return switch (setup.direction()) {
      case SINK -> statistics.sent();
      case SOURCE, ECHO, GUESTS -> statistics.received();
      case XDP -> VethPair.arrived(backend.pid());
    };
  }
}
