package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.testing.Allocation;
import org.kvmzone.packet.MacAddress;

/** Frames of up to 9018 bytes by AF_XDP, between the ends of a veth pair. */
class XdpJumboTest {
  private static final int MTU = 9000;
  private static final int LONGEST = MTU + VirtioNet.OVERHEAD;
  private static final int RUNT = 14; // what is shorter is none

  private final NetNamespace namespace = NetNamespace.withTun();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final Drops drops = new Drops("v0");

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    namespace.close();
  }

  /** A pair that takes frames which are longer than ours. */
  private void pair() {
    String mtu = "9100";
    namespace.ipOrSkip(
        "veth", "link", "add", "v0", "mtu", mtu, "type", "veth", "peer", "name", "v1", "mtu", mtu);
    for (String end : List.of("v0", "v1")) {
      namespace.ip("link", "set", end, "up", "addrgenmode", "none");
    }
    namespace.awaitRunning("v0");
  }

  private XdpVnic vnic(String link, XdpMode mode, VnicClient client) {
    LinkConfig.Xdp config = new LinkConfig.Xdp(link, mode);
    MacAddress anybody = new MacAddress(0);
    XdpVnic vnic =
        MultiBuffer.orSkip(
            () -> namespace.call(() -> XdpVnic.open(config, anybody, 1, MTU, client, drops)));
    open.add(vnic);
    return vnic;
  }

  private PacketSocket station(String link) {
    PacketSocket station = namespace.call(() -> new PacketSocket(link));
    station.keep(1000); // of the short ones that it counts in
    open.add(station);
    return station;
  }

  private static byte[] frame(String to, String from, Random random, int length) {
    byte[] frame = VnicContractTest.frame(to, from, 0, length);
    byte[] payload = new byte[length - RUNT];
    random.nextBytes(payload);
    System.arraycopy(payload, 0, frame, RUNT, payload.length);
    return frame;
  }

  private static boolean isOurs(byte[] frame) {
    return ((frame[12] & 0xff) << 8 | (frame[13] & 0xff)) == PacketSocket.ETHER_TYPE;
  }

  private static List<byte[]> await(XdpVnic vnic, Recorder client, int count) {
    List<byte[]> there = new ArrayList<>();
    Await.until(
        count + " frames",
        () -> {
          poll(vnic);
          client.take().stream().filter(XdpJumboTest::isOurs).forEach(there::add);
          return there.size() >= count;
        });
    return there;
  }

  private static void poll(XdpVnic vnic) {
    vnic.sources(0).forEach(source -> source.poll(64));
  }

  /** Every length that there is, both ways. */
  @ParameterizedTest
  @ValueSource(strings = {"copy", "generic"})
  @Timeout(120) // a frame that is lost is waited for
  void frameOfEveryLength_arrivesAsItIs(String mode) {
    pair();
    Recorder guest = new Recorder();
    XdpVnic vnic = vnic("v0", XdpMode.of(mode), guest);
    PacketSocket station = station("v1");
    Random random = new Random(1);
    int batch = 16;
    for (int shortest = RUNT; shortest <= LONGEST; shortest += batch) {
      int first = shortest;
      byte[][] out = new byte[Math.min(batch, LONGEST + 1 - first)][];
      byte[][] in = new byte[out.length][];
      Arrays.setAll(out, i -> frame(MAC_B, MAC_A, random, first + i));
      Arrays.setAll(in, i -> frame(MAC_A, MAC_B, random, first + i));

      assertThat(vnic.send(0, Recorder.batch(out))).isEqualTo(out.length);
      for (byte[] frame : in) {
        station.send(frame);
      }

      List<byte[]> there = new ArrayList<>();
      Await.until(
          "frames of " + first + " bytes",
          () -> there.addAll(station.take()) && there.size() >= out.length);
      assertThat(there).containsExactlyInAnyOrder(out);
      assertThat(await(vnic, guest, in.length)).containsExactlyInAnyOrder(in);
    }
    assertThat(drops.of(Drop.RX_TOO_LONG) + drops.of(Drop.TX_TOO_LONG)).isZero();
  }

  /** Long and short ones in any order; afterwards every chunk is where it was. */
  @Test
  @Timeout(120)
  void manyFrames_arriveAsTheyAre_andLeaveNoChunkBehind() {
    pair();
    End a = new End("v0");
    End b = new End("v1");
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 150; round++) {
      End from = round % 2 == 0 ? a : b;
      End to = round % 2 == 0 ? b : a;
      byte[][] frames = new byte[1 + random.nextInt(FrameBatch.MAX_FRAMES)][];
      Arrays.setAll(frames, i -> frame(MAC_B, MAC_A, random, random.nextInt(RUNT, LONGEST + 1)));

      assertThat(from.writer.send(Recorder.batch(frames))).isEqualTo(frames.length);

      List<byte[]> there = new ArrayList<>();
      Await.until(
          frames.length + " frames, seed " + seed,
          () -> {
            int _ = to.reader.poll(64);
            to.client.take().stream().filter(XdpJumboTest::isOurs).forEach(there::add);
            return there.size() >= frames.length;
          });
      assertThat(there).as("seed %d", seed).containsExactlyInAnyOrder(frames);
    }
    a.assertAllChunksAreBack();
    b.assertAllChunksAreBack();
  }

  /** All that is at one end of the pair. */
  private final class End implements AutoCloseable {
    final Recorder client = new Recorder();
    final XdpProgram program;
    final XdpSocket socket;
    final XdpWriter writer;
    final XdpReader reader;

    End(String name) {
      program = MultiBuffer.orSkip(() -> namespace.call(() -> attach(name)));
      open.add(program);
      socket = MultiBuffer.orSkip(() -> namespace.call(() -> socket(name)));
      open.add(this);
      writer = new XdpWriter(name, socket, drops);
      reader = new XdpReader(name, 0, socket, writer, LONGEST, client, drops);
      program.hand(0, socket.fd());
    }

    private XdpProgram attach(String name) {
      try (Rtnetlink kernel = new Rtnetlink()) {
        return XdpProgram.attach(kernel.find(name).orElseThrow(), 1, XdpMode.COPY, LONGEST);
      }
    }

    private XdpSocket socket(String name) {
      try (Rtnetlink kernel = new Rtnetlink()) {
        return new XdpSocket(kernel.find(name).orElseThrow(), 0, XdpMode.COPY, LONGEST);
      }
    }

    /** All can be received to, and all can be sent from; the kernel is not called any more. */
    void assertAllChunksAreBack() {
      Await.until(
          "chunks to receive to",
          () -> {
            int _ = reader.poll(64);
            return socket.fill().room() == 0;
          });
      FrameBatch one = Recorder.batch(new byte[60]);
      try (KernelSide kernel = new KernelSide(socket)) {
        for (int i = 0; i < XdpSocket.SENDING; i++) {
          Await.until("chunks to send from", () -> writer.send(one) == 1);
        }
        assertThat(writer.send(one)).as("more than there are").isZero();
        assertThat(kernel.sending()).isEqualTo(XdpSocket.SENDING);
      }
    }

    @Override
    public void close() {
      reader.shut();
      writer.shut();
      socket.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"copy", "generic"})
  void frameThatIsTooLong_isLostAndCounted(String mode) {
    pair();
    Recorder guest = new Recorder();
    XdpVnic vnic = vnic("v0", XdpMode.of(mode), guest);
    PacketSocket station = station("v1");
    Random random = new Random(1);
    byte[] good = frame(MAC_A, MAC_B, random, LONGEST);

    station.send(frame(MAC_A, MAC_B, random, LONGEST + 1));
    station.send(frame(MAC_A, MAC_B, random, 9114));
    station.send(good);
    assertThat(vnic.send(0, Recorder.batch(frame(MAC_B, MAC_A, random, LONGEST + 1)))).isOne();

    assertThat(await(vnic, guest, 1)).containsExactly(good);
    assertThat(drops.of(Drop.RX_TOO_LONG)).isEqualTo(2);
    assertThat(drops.of(Drop.TX_TOO_LONG)).isEqualTo(1);
  }

  /** A slow link below: what the socket has no room for waits, whole, and nothing is lost. */
  @Test
  @Timeout(120)
  void fullRing_losesNothing() {
    int count = 900;
    pair();
    namespace.tcOrSkip(
        "tbf", "qdisc", "add", "dev", "v0", "root", "tbf", "rate", "20mbit", "burst", "20k",
        "limit", "40mb");
    namespace.ipOrSkip(
        "macvlan", "link", "add", "link", "v0", "name", "m0", "type", "macvlan", "mode", "bridge");
    namespace.ip("link", "set", "m0", "up", "addrgenmode", "none");
    namespace.awaitRunning("m0");
    PacketSocket station = namespace.call(() -> new PacketSocket("v1"));
    open.add(station);
    station.keep(8 * count);
    XdpVnic vnic = vnic("m0", XdpMode.AUTO, new Recorder());
    Random random = new Random(1);
    byte[][] sent = new byte[count][];
    Arrays.setAll(sent, i -> frame(MAC_B, MAC_A, random, i % 3 == 0 ? 60 : LONGEST - i));
    List<byte[]> there = new ArrayList<>();
    int[] taken = {0, 0}; // and how often there was no room
    Await.until(
        count + " frames",
        () -> {
          int more = Math.min(FrameBatch.MAX_FRAMES, count - taken[0]);
          byte[][] next = Arrays.copyOfRange(sent, taken[0], taken[0] + more);
          int some = more == 0 ? 0 : vnic.send(0, Recorder.batch(next));
          taken[0] += some;
          taken[1] += some < more ? 1 : 0;
          poll(vnic);
          there.addAll(station.take());
          return there.size() >= count;
        });

    assertThat(taken[1]).as("no room").isPositive();
    assertThat(there).containsExactlyInAnyOrder(sent);
    assertThat(drops.of(Drop.LINK_ERROR)).isZero();
  }

  /** From one guest's buffers to another's. */
  @Test
  void guests_haveFramesOf9000Bytes() {
    pair();
    Guest a = guest("v0", MAC_A);
    Guest b = guest("v1", MAC_B);
    b.offer(Guest.RING, Guest.BUFFER);
    byte[] frame = frame(MAC_B, MAC_A, new Random(1), MTU + VirtioNet.ETHERNET);

    a.queueLong(new byte[VirtioNet.HEADER], frame);
    a.transmit();

    List<byte[]> there = new ArrayList<>();
    Await.until(
        "a frame",
        () -> {
          b.device().sources(0).forEach(source -> source.poll(64));
          b.receive();
          b.received().stream().filter(XdpJumboTest::isOurs).forEach(there::add);
          return !there.isEmpty();
        });
    assertThat(there).containsExactly(frame);
    assertThat(a.count("txtoolong") + b.count("rxtoolong")).isZero();
  }

  private Guest guest(String link, String mac) {
    NetConfig config =
        Devices.config(
            "vnic,id=%s,kind=xdp,over=%s,macaddr=%s,mtu=9000,restricted=off,ip-nospoof=off"
                .formatted(link, link, mac));
    Guest guest = new Guest(MultiBuffer.orSkip(() -> namespace.call(() -> NetDevice.open(config))));
    open.add(guest);
    return guest;
  }

  /** Neither way: from a batch to the link, and to a batch. */
  @Test
  @Timeout(120)
  void framesCostNoMemory() {
    pair();
    Counting counting = new Counting();
    XdpVnic from = vnic("v0", XdpMode.COPY, new Recorder());
    XdpVnic to = vnic("v1", XdpMode.COPY, counting);
    List<EventSource> sources = to.sources(0);
    byte[][] frames = new byte[FrameBatch.MAX_FRAMES][];
    Arrays.setAll(frames, i -> frame(MAC_B, MAC_A, new Random(i), LONGEST - i));
    FrameBatch batch = Recorder.batch(frames);
    long enough = 100 * 12 * Allocation.BYTES_PER_SYSTEM_CALL; // six of a round, as a rule
    long least =
        Allocation.least(
            enough,
            () -> {
              long allocated = 0;
              for (int round = 0; round < 100; round++) {
                long wanted = counting.frames + frames.length;
                long before = Allocation.soFar();
                int sent = from.send(0, batch);
                while (counting.frames < wanted) {
                  for (int i = 0; i < sources.size(); i++) {
                    int ignored = sources.get(i).poll(FrameBatch.MAX_FRAMES);
                  }
                }
                allocated += Allocation.soFar() - before;
                assertThat(sent).isEqualTo(frames.length);
              }
              return allocated;
            });
    assertThat(least).isLessThanOrEqualTo(enough);
  }

  /** A guest's side that takes all. */
  private static final class Counting implements VnicClient {
    long frames;

    @Override
    public void receive(int queue, FrameBatch batch, long chosen) {
      frames += Long.bitCount(chosen);
    }

    @Override
    public long offer(int queue, FrameBatch batch, long chosen) {
      frames += Long.bitCount(chosen);
      return 0;
    }

    @Override
    public boolean receives() {
      return true;
    }

    @Override
    public void writable(int queue) {}
  }

  /** A frame that may come in has to fit the program, which knows of one chunk here. */
  @Test
  void mtuThatIsTooSmallForTheLink_isRefused() {
    pair();
    NetConfig config = Devices.config("vnic,id=net0,kind=xdp,over=v0,xdp=copy,macaddr=" + MAC_A);

    assertThatThrownBy(() -> namespace.call(() -> NetDevice.open(config)))
        .isInstanceOf(SpecException.class)
        .hasMessage(
            "vnic net0: frames for v0 may be too long for its driver's XDP program: lower its MTU (of"
                + " a veth, its peer's), or say mtu= over 3822, or xdp=generic");
  }

  /** What a kernel says that has none of it, or a driver. */
  @Test
  void whatLacksMultiBuffer_isNamed() {
    assertThat(XdpSocket.refusal("v0", 1, XdpMode.AUTO, Errno.EINVAL, true))
        .isEqualTo(
            "mtu= over 3822 on v0 takes AF_XDP multi-buffer, which this kernel has not got (Linux"
                + " 6.6 has): use kind=packet, or mtu=3822 at most");
    assertThat(XdpSocket.refusal("v0", 1, XdpMode.ZEROCOPY, Errno.EOPNOTSUPP, true))
        .isEqualTo(
            "mtu= over 3822 on v0 takes AF_XDP multi-buffer, which its driver has not got with"
                + " xdp=zerocopy: leave xdp= out, or mtu=3822 at most");
    assertThat(XdpSocket.refusal("v0", 1, XdpMode.AUTO, Errno.EINVAL, false))
        .isEqualTo("v0 has no queue 1: ask for fewer queues=");
    assertThat(XdpSocket.refusal("v0", 1, XdpMode.COPY, Errno.EOPNOTSUPP, false))
        .isEqualTo("the driver of v0 cannot do xdp=copy: leave xdp= out");
  }
}
