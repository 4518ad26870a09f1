package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** TCP between a Linux guest and the host of its tap, one way, by iperf3; one guest for each. */
final class GuestCase implements Case {
  /** How names of these cases begin, by which their table is known. */
  static final String KIND = "guest/";

  /** The note of what a NIC and its driver have agreed on, where that is another set. */
  static final String AGREED = "agreed";

  /** What is not counted, first: TCP's slow start, and compilers at work on both sides. */
  private static final int OMITTED_SECONDS = 2;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Which way the bytes go. */
  enum Way {
    SEND(""),
    RECEIVE(" --reverse");

    private final String option;

    Way(String option) {
      this.option = option;
    }
  }

  private final Way way;
  private final GuestQemu qemu;
  private final List<GuestNic> nics;
  private final Workbench bench;
  private final int seconds;

  /**
   * A case.
   *
   * @param way from the guest's point of view
   * @param nics ours, the peer, and others
   */
  GuestCase(Way way, GuestQemu qemu, List<GuestNic> nics, Workbench bench, int seconds) {
    this.way = way;
    this.qemu = qemu;
    this.nics = nics;
    this.bench = bench;
    this.seconds = seconds;
  }

  @Override
  public String name() {
    return KIND + qemu.name() + "/" + way.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String unit() {
    return "bits";
  }

  @Override
  public Optional<Target> target() {
    boolean compared = nics.size() > 1 && !nics.get(1).isForInformation();
    return compared ? Optional.of(Target.rate(1.0, 1.3)) : Optional.empty();
  }

  @Override
  public List<String> sides() {
    return nics.stream().map(GuestNic::name).toList();
  }

  @Override
  public Sample measure(String side) throws IOException, InterruptedException {
    GuestNic nic = nics.stream().filter(each -> each.name().equals(side)).findFirst().orElseThrow();
    Path directory = bench.fresh(side);
    try (Burst _ = Burst.begin(bench);
        FarEnd far = FarEnd.start(bench);
        GuestNic.Served served = nic.serve(far, directory);
        Guest guest = Guest.boot(bench, far.inside(), qemu, served.netdev())) {
      return measure(nic, far, served.beside(), guest);
    }
  }

  private Sample measure(GuestNic nic, FarEnd far, Optional<Running> beside, Guest guest)
      throws IOException, InterruptedException {
    String features = guest.features();
    Map<String, String> notes = new LinkedHashMap<>();
    if (nic.isForInformation()) {
      notes.put(AGREED, GuestFeatures.agreed(features));
    } else {
      GuestFeatures.check(features);
    }
    guest.run("ip link set eth0 mtu " + nic.mtu(), PATIENCE);
    double backend = cpuNanos(beside);
    double frontend = guest.child().cpuNanos();
    guest.run(
        "iperf3 --client %s --time %d --omit %d%s >/dev/null"
            .formatted(FarEnd.ADDRESS, seconds, OMITTED_SECONDS, way.option),
        PATIENCE.plusSeconds(OMITTED_SECONDS + seconds));
    backend = cpuNanos(beside) - backend;
    frontend = guest.child().cpuNanos() - frontend;
    IperfReport report = far.report();
    if (beside.isPresent()) {
      notes.putAll(beside.get().account().notes());
    }
    notes.put("features", features);
    return new Sample(
        report.bitsPerSecond(),
        backend / report.bits(),
        frontend / report.bits(),
        null,
        null,
        true,
        notes);
  }

  /** Of a back end in a process of its own; not a number if QEMU is it. */
  private static double cpuNanos(Optional<Running> beside) throws IOException {
    return beside.isPresent() ? beside.get().child().cpuNanos() : Double.NaN;
  }
}
