package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.Frames;

/** Several threads at one AF_XDP socket, on one end of a veth pair. */
class XdpSharedWriterTest {
  private static final int MTU = 1500;

  private final NetNamespace namespace = NetNamespace.withTun();
  private final Drops drops = new Drops("v0");
  private final List<AutoCloseable> open = new ArrayList<>();
  private PacketSocket station;
  private XdpWriter writer;
  private XdpSharedWriter shared;
  private final AtomicInteger untaken = new AtomicInteger();

  @BeforeEach
  void open() {
    namespace.ipOrSkip("veth", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    for (String end : List.of("v0", "v1")) {
      namespace.ip("link", "set", end, "up", "addrgenmode", "none");
    }
    namespace.awaitRunning("v0");
    station = namespace.call(() -> new PacketSocket("v1"));
    open.add(station);
    LinkConfig.Xdp config = new LinkConfig.Xdp("v0", XdpMode.COPY);
    MacAddress anybody = new MacAddress(0);
    XdpVnic vnic =
        namespace.call(() -> XdpVnic.open(config, anybody, 1, MTU, new Recorder(), drops));
    open.add(vnic);
    writer = vnic.writer(0);
    shared = new XdpSharedWriter(writer, drops);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    namespace.close();
  }

  private static byte[] frame(int number) {
    byte[] payload = Frames.join(Frames.u16(number), new byte[44]);
    return Frames.ethernet(MAC_B, MAC_A, PacketSocket.ETHER_TYPE, payload);
  }

  private void send(int number) {
    FrameBatch batch = Recorder.batch(frame(number));
    untaken.addAndGet(Long.bitCount(shared.sendEach(batch, batch.all())));
  }

  private List<byte[]> await(int count) {
    List<byte[]> there = new ArrayList<>();
    Await.until(count + " frames", () -> there.addAll(station.take()) && there.size() >= count);
    return there;
  }

  /** Frames of the same thread stay in their order, whoever sends them. */
  @Test
  void framesWait_whileAnotherThreadHasTheRing() {
    assertThat(writer.enter()).isTrue();
    send(1);
    send(2);
    assertThat(station.take()).isEmpty();
    writer.leave();

    send(3);

    assertThat(await(3)).containsExactly(frame(1), frame(2), frame(3));
    assertThat(untaken).hasValue(0);
  }

  @Test
  void moreThanCanWait_isNotTaken() {
    int more = 10;
    station.keep(XdpSharedWriter.WAITING + 1);
    assertThat(writer.enter()).isTrue();
    for (int i = 0; i < XdpSharedWriter.WAITING + more; i++) {
      send(i);
    }
    writer.leave();

    send(0xffff);

    assertThat(untaken).hasValue(more);
    assertThat(await(XdpSharedWriter.WAITING + 1)).hasSize(XdpSharedWriter.WAITING + 1);
  }

  /** Whoever sends last leaves nothing behind. */
  @Test
  void everyFrameOfManyThreads_arrivesOrIsNotTaken() throws Exception {
    int threads = 4;
    int each = 3000;
    station.keep(threads * each);
    List<Future<?>> sending = new ArrayList<>();
    try (ScheduledThreadPoolExecutor senders = new ScheduledThreadPoolExecutor(threads)) {
      for (int i = 0; i < threads; i++) {
        int first = i * each;
        sending.add(
            senders.submit(() -> {
              for (int number = 0; number < each; number++) {
                send(first + number);
              }
            }));
      }
      for (Future<?> done : sending) {
        done.get();
      }
    }

    int arriving = threads * each - untaken.get() - (int) drops.of(Drop.LINK_FULL);
    assertThat(arriving).isGreaterThan(XdpSharedWriter.WAITING);
    assertThat(await(arriving)).doesNotHaveDuplicates().hasSize(arriving);
  }

  @Test
  void closedLink_losesFrames_andCountsThem() throws Exception {
    open.removeLast().close();

    send(1);

    assertThat(drops.of(Drop.LINK_ERROR)).isEqualTo(1);
  }
}
