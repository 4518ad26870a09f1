package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** DPDK's testpmd with one port, which is told on its standard input what to do. */
final class Testpmd implements AutoCloseable {
  /** The front end's own address; the frames that it makes come from 198.18.0.1. */
  static final String MAC = "02:00:00:00:00:01";

  /** And from whom, of the network that is for such tests, RFC 2544 appendix C. */
  static final String IP = "198.18.0.1";

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern FORWARDS = Pattern.compile("packet forwarding");
  private static final Pattern STATISTICS = Pattern.compile("NIC statistics for port 0");
  private static final Pattern RECEIVED = Pattern.compile("RX-packets: (\\d+)");
  private static final Pattern SENT = Pattern.compile("TX-packets: (\\d+)");
  private static final Pattern RECEIVING = Pattern.compile("Rx-pps: +(\\d+)");
  private static final Pattern SENDING = Pattern.compile("Tx-pps: +(\\d+)");

  /** Of polls that found something, by {@code --record-core-cycles}. */
  static final Pattern CYCLES =
      Pattern.compile("CPU cycles/packet=([0-9.]+) .* at (\\d+) MHz Clock");

  /** What it says of a port when that is started. */
  private static final Pattern PORT_ADDRESS = Pattern.compile("^Port \\d+: ([0-9A-F]{2}:){5}");

  private static final Pattern NEGOTIATED =
      Pattern.compile("features after negotiate = ([0-9a-f]+)");

  private final Child child;

  /**
   * What the port has done.
   *
   * @param received frames since the start
   * @param sent likewise
   * @param receivedPerSecond since it was last asked, by its own clock
   * @param sentPerSecond likewise
   */
  record Statistics(long received, long sent, double receivedPerSecond, double sentPerSecond) {}

  private Testpmd(Child child) {
    this.child = child;
  }

  /** A front end: virtio-user, connected to a socket. It does not forward yet. */
  static Testpmd frontend(Workbench bench, Path socket, NetSetup setup) throws IOException {
    String mode =
        switch (setup.direction()) {
          case SINK -> "txonly";
          case SOURCE -> "rxonly";
          case ECHO -> "macswap";
        };
    String device = device(0, socket, ",mac=%s,%s".formatted(MAC, setup.ring().properties()));
    List<String> more = List.of("--single-file-segments", "--log-level=pmd.net.virtio.init:debug");
    return start(
        bench, "testpmd (front end)", Child.FRONTEND_CPU, device, more, mode, setup.bytes());
  }

  /** A front end with several ports, none of which ever sends. */
  static Testpmd idle(Workbench bench, List<Path> sockets) throws IOException {
    List<String> more = new ArrayList<>(List.of("--single-file-segments"));
    for (int i = 1; i < sockets.size(); i++) {
      more.addAll(List.of("--vdev", device(i, sockets.get(i), "")));
    }
    return start(
        bench,
        "testpmd (front end)",
        Child.FRONTEND_CPU,
        device(0, sockets.getFirst(), ""),
        more,
        "rxonly",
        64);
  }

  private static String device(int number, Path socket, String properties) {
    return "net_virtio_user%d,path=%s,queues=1,queue_size=1024%s"
        .formatted(number, socket, properties);
  }

  /** A back end: net_vhost, which listens on a socket, and forwards. */
  static Testpmd backend(Workbench bench, Path socket, NetSetup setup)
      throws IOException, InterruptedException {
    String mode =
        switch (setup.direction()) {
          case SINK -> "rxonly";
          case SOURCE -> "txonly";
          case ECHO -> "macswap";
        };
    String device = "net_vhost0,iface=%s,queues=1".formatted(socket);
    Testpmd backend =
        start(
            bench, "testpmd (back end)", Child.BACKEND_CPU, device, List.of(), mode, setup.bytes());
    try {
      backend.forward();
      return backend;
    } catch (IOException | InterruptedException e) {
      backend.close();
      throw e;
    }
  }

  private static Testpmd start(
      Workbench bench,
      String name,
      int cpu,
      String device,
      List<String> more,
      String mode,
      int bytes)
      throws IOException {
    // On a pipe it would keep what it says to itself.
    List<String> words = new ArrayList<>(List.of("stdbuf", "-oL"));
    words.add(bench.trixie("dpdk-testpmd").toString());
    // The first thread reads orders, and sleeps; the second forwards.
    words.addAll(List.of("--lcores", "0@%d,1@%d".formatted(cpu, cpu), "--main-lcore", "0"));
    // Huge pages of its own, of which nothing stays when it ends.
    words.addAll(List.of("-m", "256", "--in-memory", "--iova-mode=va"));
    words.addAll(List.of("--no-pci", "--no-telemetry", "-d", bench.drivers().toString()));
    words.addAll(more);
    words.addAll(List.of("--vdev", device));
    words.addAll(List.of("--", "-i", "--forward-mode=" + mode, "--txpkts=" + bytes));
    words.addAll(List.of("--txd=1024", "--rxd=1024", "--total-num-mbufs=16384"));
    words.addAll(List.of("--record-core-cycles", "--no-flush-rx", "--no-lsc-interrupt"));
    return new Testpmd(Child.start(name, cpu, bench.scratch(), words));
  }

  /** Begins to forward, and waits until it does. */
  void forward() throws IOException, InterruptedException {
    start("start");
  }

  /** Puts 1024 frames on their way first, which an echo then keeps there. */
  void forwardFirstSending() throws IOException, InterruptedException {
    start("start tx_first 32");
  }

  private void start(String order) throws IOException, InterruptedException {
    child.tell(order);
    child.output().await(FORWARDS, PATIENCE);
  }

  /** The features that its device has agreed on. Asked once, before it forwards. */
  long negotiated() throws IOException, InterruptedException {
    return Long.parseUnsignedLong(await(NEGOTIATED).group(1), 16);
  }

  /** Waits until its ports are connected, and rest. */
  void awaitPorts(int ports) throws IOException, InterruptedException {
    for (int i = 0; i < ports; i++) {
      MatchResult ignored = await(PORT_ADDRESS);
    }
  }

  /** Asks what the port has done. */
  Statistics statistics() throws IOException, InterruptedException {
    child.tell("show port stats 0");
    return statistics(child.output());
  }

  /** Reads the answer. */
  static Statistics statistics(Output said) throws IOException, InterruptedException {
    MatchResult ignored = said.await(STATISTICS, PATIENCE);
    return new Statistics(
        Long.parseLong(said.await(RECEIVED, PATIENCE).group(1)),
        Long.parseLong(said.await(SENT, PATIENCE).group(1)),
        Double.parseDouble(said.await(RECEIVING, PATIENCE).group(1)),
        Double.parseDouble(said.await(SENDING, PATIENCE).group(1)));
  }

  /** Ends forwarding; nanoseconds of each frame in polls that found any. */
  double stop() throws IOException, InterruptedException {
    child.tell("stop");
    return nanos(await(CYCLES));
  }

  /** Nanoseconds, of what {@link #CYCLES} found. */
  static double nanos(MatchResult cycles) {
    return Double.parseDouble(cycles.group(1)) * 1000 / Double.parseDouble(cycles.group(2));
  }

  /** Lets go of its device and ends. */
  void quit() throws IOException, InterruptedException {
    child.tell("quit");
    String ignored = child.awaitEnd(PATIENCE);
  }

  private MatchResult await(Pattern pattern) throws IOException, InterruptedException {
    return child.output().await(pattern, PATIENCE);
  }

  Child child() {
    return child;
  }

  @Override
  public void close() {
    child.close();
  }
}
