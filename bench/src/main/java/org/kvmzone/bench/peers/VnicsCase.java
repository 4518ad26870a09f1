package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kvmzone.bench.bare.GuestTraffic;

/** Frames that the guests of one etherstub send each other: each to the next. */
final class VnicsCase extends DrivenCase<NetSetup> {
  /**
   * A case.
   *
   * @param backends of more VNICs, and of fewer
   */
  VnicsCase(
      String name,
      NetSetup setup,
      Target target,
      List<Backend<NetSetup>> backends,
      Workbench bench,
      int seconds) {
    super(name, setup, Optional.of(target), backends, bench, seconds);
  }

  @Override
  public String unit() {
    return "frames";
  }

  @Override
  Sample measure(Running backend, Ruler ruler) throws IOException, InterruptedException {
    try (Guests guests = Guests.start(bench, GuestTraffic.DATAGRAMS, backend.sockets())) {
      Windows windows = Windows.measure(seconds, ruler, backend, guests.child(), guests);
      return windows.sample(backend.account(), true, Map.of());
    }
  }
}
