package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kvmzone.bench.peers.NetSetup.Poll;

/** Frames between DPDK's virtio-user and a back end. */
final class NetCase extends DrivenCase<NetSetup> {
  /** How many frames go round: as many as a ring has room for. */
  private static final int IN_FLIGHT = 1024;

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
    Windows windows =
        Windows.measure(
            seconds,
            ruler,
            backend,
            frontend.child(),
            () -> reading(backend.child(), frontend.statistics()));
    double frontendBusy = frontend.stop();
    return windows.sample(
        backend.account(),
        setup.poll() == Poll.BUSY,
        Map.of(
            "features",
            "%#x".formatted(features),
            "frontend-busy-ns",
            "%.1f".formatted(frontendBusy)));
  }

  /** What has come through: to the link, if there is one behind the back end. */
  private Meter.Reading reading(Child backend, Testpmd.Statistics statistics) throws IOException {
    return switch (setup.direction()) {
      case SINK -> new Meter.Reading(statistics.sent(), statistics.sentPerSecond());
      case SOURCE, ECHO, GUESTS ->
          new Meter.Reading(statistics.received(), statistics.receivedPerSecond());
      case XDP -> new Meter.Reading(VethPair.arrived(backend.pid()), Double.NaN);
    };
  }
}
