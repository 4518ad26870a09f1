package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** DPDK's testpmd, which is told on its standard input what to do. */
final class Testpmd implements AutoCloseable {
  /** Of the frames that it makes, from a network that is for such tests, RFC 2544 appendix C. */
  static final String IP = "198.18.0.1";

  private static final int BURST = 32;

  /** What libxdp loads into the kernel. */
  private static final String XDP_PROGRAMS = "usr/lib/x86_64-linux-gnu/bpf";

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern FORWARDS = Pattern.compile("packet forwarding.* - ports=");
  private static final Pattern STATISTICS = Pattern.compile("NIC statistics for port \\d+");
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
  private final int ports;

  /**
   * What its ports have done, together.
   *
   * @param received frames since the start
   * @param sent likewise
   * @param receivedPerSecond since it was last asked, by its own clock
   * @param sentPerSecond likewise
   */
  record Statistics(long received, long sent, double receivedPerSecond, double sentPerSecond) {
    private Statistics plus(Statistics other) {
      return new Statistics(
          received + other.received,
          sent + other.sent,
          receivedPerSecond + other.receivedPerSecond,
          sentPerSecond + other.sentPerSecond);
    }
  }

  private Testpmd(Child child, int ports) {
    this.child = child;
    this.ports = ports;
  }

  /** A front end's own address, of one of its ports. */
  static String mac(int port) {
    return "02:00:00:00:00:%02x".formatted(port + 1);
  }

  /** A front end: a virtio-user for each socket, connected. It does not forward yet. */
  static Testpmd frontend(Workbench bench, List<Path> sockets, NetSetup setup) throws IOException {
    String mode =
        switch (setup.direction()) {
          case SINK, XDP -> "txonly";
          case SOURCE -> "rxonly";
          case ECHO, GUESTS -> "macswap";
        };
    List<String> devices = new ArrayList<>();
    List<String> options = new ArrayList<>();
    for (int i = 0; i < sockets.size(); i++) {
      if (setup.direction() == NetSetup.Direction.GUESTS) {
        options.add("--eth-peer=%d,%s".formatted(i, mac(1 - i)));
      }
      String properties = ",mac=%s,%s".formatted(mac(i), setup.ring().properties());
      devices.add(device(i, sockets.get(i), properties));
    }
    return frontend(
        bench,
        devices,
        List.of("--log-level=pmd.net.virtio.init:debug"),
        mode,
        setup.bytes(),
        options);
  }

  /** A front end with several ports, none of which ever sends. */
  static Testpmd idle(Workbench bench, List<Path> sockets) throws IOException {
    List<String> devices = new ArrayList<>();
    for (int i = 0; i < sockets.size(); i++) {
      devices.add(device(i, sockets.get(i), ""));
    }
    return frontend(bench, devices, List.of(), "rxonly", 64, List.of());
  }

  private static Testpmd frontend(
      Workbench bench,
      List<String> devices,
      List<String> more,
      String mode,
      int bytes,
      List<String> options)
      throws IOException {
    List<String> words = new ArrayList<>(List.of("--single-file-segments"));
    words.addAll(more);
    // What comes to a port goes back through it.
    List<String> all = new ArrayList<>(List.of("--port-topology=loop"));
    all.addAll(options);
    return start(
        bench,
        "testpmd (front end)",
        Child.FRONTEND_CPU,
        List.of(),
        devices,
        words,
        mode,
        bytes,
        all);
  }

  private static String device(int number, Path socket, String properties) {
    return "net_virtio_user%d,path=%s,queues=1,queue_size=1024%s"
        .formatted(number, socket, properties);
  }

  /** A back end: a net_vhost that listens on each socket, and forwards. */
  static Testpmd backend(Workbench bench, List<Path> sockets, NetSetup setup)
      throws IOException, InterruptedException {
    String mode =
        switch (setup.direction()) {
          case SINK -> "rxonly";
          case SOURCE -> "txonly";
          case ECHO -> "macswap";
          case GUESTS, XDP -> "io";
        };
    List<String> before = new ArrayList<>();
    List<String> devices = new ArrayList<>();
    for (Path socket : sockets) {
      devices.add("net_vhost%d,iface=%s,queues=1".formatted(devices.size(), socket));
    }
    if (setup.direction() == NetSetup.Direction.XDP) {
      before.addAll(VethPair.words());
      before.addAll(List.of("env", "LIBXDP_OBJECT_PATH=" + bench.unpacked(XDP_PROGRAMS)));
      devices.add("net_af_xdp0,iface=" + VethPair.LINK);
    }
    String topology = devices.size() > 1 ? "paired" : "loop";
    Testpmd backend =
        start(
            bench,
            "testpmd (back end)",
            Child.BACKEND_CPU,
            before,
            devices,
            List.of(),
            mode,
            setup.bytes(),
            List.of("--port-topology=" + topology));
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
      List<String> before,
      List<String> devices,
      List<String> more,
      String mode,
      int bytes,
      List<String> options)
      throws IOException {
    // On a pipe it would keep what it says to itself.
    List<String> words = new ArrayList<>(before);
    words.addAll(List.of("stdbuf", "-oL"));
    words.add(bench.trixie("dpdk-testpmd").toString());
    // The first thread reads orders, and sleeps; the second forwards.
    words.addAll(List.of("--lcores", "0@%d,1@%d".formatted(cpu, cpu), "--main-lcore", "0"));
    // Huge pages of its own, of which nothing stays when it ends.
    words.addAll(List.of("-m", "256", "--in-memory", "--iova-mode=va"));
    words.addAll(List.of("--no-pci", "--no-telemetry", "-d", bench.drivers().toString()));
    words.addAll(more);
    devices.forEach(device -> words.addAll(List.of("--vdev", device)));
    words.addAll(List.of("--", "-i", "--forward-mode=" + mode, "--txpkts=" + bytes));
    words.addAll(options);
    // Two rings of each can be full of buffers.
    words.addAll(List.of("--txd=1024", "--rxd=1024"));
    words.add("--total-num-mbufs=" + Math.max(16384, (devices.size() + 2) * 2048));
    words.addAll(List.of("--record-core-cycles", "--no-flush-rx", "--no-lsc-interrupt"));
    return new Testpmd(Child.start(name, cpu, bench.scratch(), words), devices.size());
  }

  /** Begins to forward, and waits until it does. */
  void forward() throws IOException, InterruptedException {
    start("start");
  }

  /** Puts frames on their way first, so many from each port, which an echo then keeps there. */
  void forwardFirstSending(int frames) throws IOException, InterruptedException {
    start("start tx_first " + frames / BURST);
  }

  private void start(String order) throws IOException, InterruptedException {
    child.tell(order);
    child.output().await(FORWARDS, PATIENCE);
  }

  /**
   * The features that its devices have agreed on, the same each. Asked once, before it forwards.
   */
  long negotiated() throws IOException, InterruptedException {
    long features = Long.parseUnsignedLong(await(NEGOTIATED).group(1), 16);
    for (int i = 1; i < ports; i++) {
      long others = Long.parseUnsignedLong(await(NEGOTIATED).group(1), 16);
      if (others != features) {
        throw new IOException(
            "testpmd's devices agreed on features %#x and %#x".formatted(features, others));
      }
    }
    return features;
  }

  /** Waits until its ports are connected, and rest. */
  void awaitPorts(int ports) throws IOException, InterruptedException {
    for (int i = 0; i < ports; i++) {
      MatchResult ignored = await(PORT_ADDRESS);
    }
  }

  /** Asks what its ports have done. */
  Statistics statistics() throws IOException, InterruptedException {
    child.tell("show port stats all");
    return statistics(child.output(), ports);
  }

  /** Reads the answer. */
  static Statistics statistics(Output said, int ports) throws IOException, InterruptedException {
    Statistics sum = new Statistics(0, 0, 0, 0);
    for (int i = 0; i < ports; i++) {
      MatchResult ignored = said.await(STATISTICS, PATIENCE);
      sum =
          sum.plus(
              new Statistics(
                  Long.parseLong(said.await(RECEIVED, PATIENCE).group(1)),
                  Long.parseLong(said.await(SENT, PATIENCE).group(1)),
                  Double.parseDouble(said.await(RECEIVING, PATIENCE).group(1)),
                  Double.parseDouble(said.await(SENDING, PATIENCE).group(1))));
    }
    return sum;
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
