package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kvmzone.bench.bare.GuestTraffic;

/** How much of a TCP stream goes through a back end, in frames of 64 KiB. */
final class StreamCase extends DrivenCase<Stream> {
  private static final int BITS = 8; // of a byte

  /** A case; there is no peer that does the same. */
  StreamCase(Stream stream, List<Backend<Stream>> backends, Workbench bench, int seconds) {
    super(stream.word(), stream, Optional.of(stream.target()), backends, bench, seconds);
  }

  @Override
  public String unit() {
    return "bits";
  }

  @Override
  Sample measure(Running backend, Ruler ruler) throws IOException, InterruptedException {
    Windows windows;
    Guests.Arrived arrived;
    Running.Account account;
    try (Guests guests = Guests.start(bench, GuestTraffic.STREAM, backend.sockets())) {
      Meter meter = setup == Stream.TAP ? () -> taken(backend) : guests;
      windows = Windows.measure(seconds, ruler, backend, guests.child(), meter);
      arrived = guests.arrived();
      account = backend.account();
    }
    if (setup == Stream.TAP) {
      // Nothing is under way any more.
      requireAll(backend.account(), ProcNet.of(backend.child().pid(), TapLink.LINK));
    }
    return bits(windows.sample(account, true, Map.of()), arrived);
  }

  private static Meter.Reading taken(Running backend) throws IOException {
    long frames = ProcNet.of(backend.child().pid(), TapLink.LINK).frames();
    return new Meter.Reading(frames, Double.NaN);
  }

  /** The tap's own count has to be the VNIC's. */
  private static void requireAll(Running.Account account, ProcNet tap) throws IOException {
    String frames = account.notes().get("opackets64");
    String bytes = account.notes().get("obytes64");
    if (!("" + tap.frames()).equals(frames) || !("" + tap.bytes()).equals(bytes)) {
      throw new IOException(
          "kvmzone sent %s frames of %s bytes, and the tap took %d of %d"
              .formatted(frames, bytes, tap.frames(), tap.bytes()));
    }
  }

  /** The same in bits; what each frame costs is kept beside it. */
  static Sample bits(Sample frames, Guests.Arrived arrived) {
    double each = (double) arrived.bytes() / arrived.frames() * BITS;
    Map<String, String> notes = new LinkedHashMap<>(frames.notes());
    notes.put("frames-per-second", "%.0f".formatted(frames.perSecond()));
    notes.put("backend-ns-of-a-frame", "%.0f".formatted(frames.backendNs()));
    Double busy = frames.busyNs();
    notes.put("busy-ns-of-a-frame", busy == null ? "" : "%.0f".formatted(busy));
    return new Sample(
        frames.perSecond() * each,
        Double.NaN,
        Double.NaN,
        null,
        frames.share(),
        frames.near(),
        notes);
  }
}
