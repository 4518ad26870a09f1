package org.kvmzone.system;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * DPDK's testpmd with two virtio-user ports, front ends without a guest, each wired to a pair of
 * files: what is in one it sends, what it receives it puts into the other.
 */
final class Testpmd implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration SETTLING = Duration.ofSeconds(1);

  private final Process process;
  private final Transcript output;
  private final Writer input;

  /** A port: the files {@code sent.N} and {@code received.N} for each queue, and a socket. */
  record Port(Path socket, Path sent, Path received) {}

  /**
   * How the ports use their devices.
   *
   * @param virtio properties of virtio-user
   * @param bufferBytes of each receive buffer, and of each piece of a frame that is sent
   */
  record Options(int queues, String virtio, int bufferBytes) {}

  private Testpmd(Process process) {
    this.process = process;
    this.output = new Transcript("testpmd", process.getInputStream());
    this.input = process.outputWriter(StandardCharsets.UTF_8);
  }

  /** Starts it, connects the ports, and begins to forward. */
  static Testpmd start(Path directory, Port left, Port right, Options options) throws IOException {
    // On a pipe it would keep what it says to itself.
    List<String> words = new ArrayList<>(List.of("stdbuf", "-oL"));
    words.add(Trixie.program("dpdk-testpmd").toString());
    words.addAll(List.of("--no-huge", "-m", "256", "--no-pci", "--no-shconf", "-l", "0,1"));
    words.addAll(List.of("-d", Trixie.drivers().toString()));
    words.add("--log-level=pmd.net.virtio.init:debug");
    // Ports are numbered in this order, and 0 is joined with 1, 2 with 3.
    words.addAll(List.of("--vdev", files(0, left, options), "--vdev", device(0, left, options)));
    words.addAll(List.of("--vdev", device(1, right, options), "--vdev", files(1, right, options)));
    words.addAll(List.of("--", "-i", "--port-topology=paired", "--disable-device-start"));
    // What it finds when it begins is what is to be sent.
    words.add("--no-flush-rx");
    words.addAll(List.of("--rxq=" + options.queues, "--txq=" + options.queues));
    // Fewer frames may be under way than the other side has buffers for: nobody has to drop any.
    words.addAll(List.of("--txd=256", "--rxd=1024"));
    words.addAll(List.of("--total-num-mbufs=16384", "--mbuf-size=" + options.bufferBytes));
    Testpmd testpmd =
        new Testpmd(
            new ProcessBuilder(words)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start());
    try {
      testpmd.begin();
    } catch (IOException | AssertionError e) {
      testpmd.close();
      throw e;
    }
    return testpmd;
  }

  private static String files(int number, Port port, Options options) {
    StringBuilder words = new StringBuilder("net_pcap" + number);
    for (int queue = 0; queue < options.queues; queue++) {
      words.append(
          ",rx_pcap=%s.%d,tx_pcap=%s.%d".formatted(port.sent, queue, port.received, queue));
    }
    return words.toString();
  }

  private static String device(int number, Port port, Options options) {
    return "net_virtio_user%d,path=%s,queue_size=1024,queues=%d,%s"
        .formatted(number, port.socket, options.queues, options.virtio);
  }

  private void begin() throws IOException {
    // A frame that finds the ring full waits.
    tell("set fwd io retry");
    tell("set burst tx delay 10 retry 1000000");
    // Frames may be longer than a buffer.
    tell("port config 1 rx_offload scatter on");
    tell("port config 2 rx_offload scatter on");
    tell("port start all");
    output.await("^Done$", PATIENCE);
    // Nobody answers when a queue is enabled, and a flow's queue depends on how many there are.
    LockSupport.parkNanos(SETTLING.toNanos());
    tell("start");
    output.await("packet forwarding with retry - ports=4 ", PATIENCE);
  }

  /** The features that every port has negotiated with its device. */
  long negotiated() {
    return Pattern.compile("features after negotiate = ([0-9a-f]+)")
        .matcher(output.text())
        .results()
        .mapToLong(found -> Long.parseUnsignedLong(found.group(1), 16))
        .reduce(-1L, (all, one) -> all & one);
  }

  /** Waits until both virtio-user ports have received so many frames. */
  void awaitReceived(int frames) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (received(1) < frames || received(2) < frames) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "of %d frames %d and %d arrived".formatted(frames, received(1), received(2)));
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }

  private long received(int port) throws IOException {
    tell("show port stats " + port);
    output.await("NIC statistics for port " + port, PATIENCE);
    return Long.parseLong(output.await("RX-packets: (\\d+)", PATIENCE).match().group(1));
  }

  /** Ends it as its user does: files are complete then, and devices let go. */
  void quit() throws IOException, InterruptedException {
    tell("stop");
    tell("quit");
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new AssertionError("testpmd did not end well; it said:\n" + output.text());
    }
  }

  private void tell(String order) throws IOException {
    input.write(order + "\n");
    input.flush();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
