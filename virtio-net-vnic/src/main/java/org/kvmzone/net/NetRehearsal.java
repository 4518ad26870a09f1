package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.Capturable;
import org.kvmzone.bridge.device.Capture;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.rehearsal.Rehearsal;
import org.kvmzone.bridge.rehearsal.RehearsalLoop;
import org.kvmzone.bridge.rehearsal.RehearsedQueue;
import org.kvmzone.bridge.rehearsal.Sessions;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;

/** Guests that do not exist send each other frames, or to what has nothing behind it. */
public final class NetRehearsal implements AutoCloseable {
  private static final AtomicInteger STUBS = new AtomicInteger();
  private static final String LOOPBACK = "lo";
  private static final int BUFFER = 2048;
  private static final long SENDERS = VirtioNet.CSUM | VirtioNet.HOST_TSO4;
  private static final int SHORT = 60;
  private static final int LONG = 1514;
  private static final MacAddress SENDER = MacAddress.parse("02:08:20:00:00:01");
  private static final MacAddress RECEIVER = MacAddress.parse("02:08:20:00:00:02");

  /** Bytes of a stream in each frame of {@link #unsegmented}. */
  public static final int UNSEGMENTED_BYTES = RehearsedTcp.PAYLOAD;

  private final Rehearsal sender;
  private final Rehearsal receiver;
  private final RehearsedQueue transmit;
  private final RehearsedQueue receive;
  private final List<EventSource> sources;
  private final boolean sourced; // frames come from a source, and no guest sends any
  private final boolean unsegmented; // a frame may take more buffers than there are

  /** Which way frames go. */
  public enum Way {
    /** Out, and away. */
    DISCARD,
    /** Out, and back to where they came from. */
    ECHO,
    /** In, from a source. */
    CHARGEN,
    /** From one guest to another. */
    ETHERSTUB,
    /** The same, where each has a tap, and there is nothing in between. */
    TAP;

    /** Whether there are two guests. */
    boolean isPair() {
      return this == ETHERSTUB || this == TAP;
    }

    /** What comes nearest to a link. */
    static Way of(LinkConfig link) {
      return switch (link) {
        case LinkConfig.Discard _ -> DISCARD;
        case LinkConfig.Echo _ -> ECHO;
        case LinkConfig.Chargen _ -> CHARGEN;
        case LinkConfig.TapName _, LinkConfig.TapFds _, LinkConfig.Macvtap _, LinkConfig.Packet _ ->
            TAP;
        case LinkConfig.Stub _, LinkConfig.Xdp _ -> ETHERSTUB;
      };
    }
  }

  /**
   * What is rehearsed for a device: others like it need no rehearsal of their own.
   *
   * @param way its frames go
   * @param capped whether there is a cap on them
   * @param flows whether they are told apart
   */
  record Part(Way way, boolean capped, boolean flows) {
    /** A NIC without either. */
    static Part plain(Way way) {
      return new Part(way, false, false);
    }

    /** That of a device. */
    static Part of(NetConfig config) {
      TrafficConfig traffic = config.traffic();
      return new Part(
          Way.of(config.link()), traffic.maxbw().isPresent(), !traffic.flows().isEmpty());
    }

    /**
     * Properties of a SPEC, each behind a comma: a cap that none reaches, a flow that all are of.
     */
    String properties() {
      return (capped ? ",maxbw=1000G" : "") + (flows ? ",flow.rehearsed=transport=udp" : "");
    }
  }

  /**
   * A guest, or two of them.
   *
   * @param features of rings: VERSION_1 and MRG_RXBUF come besides
   * @param frameSize bytes of each frame, without its check sequence
   */
  public NetRehearsal(Way way, long features, int frameSize) {
    this(way, features, frameSize, "");
  }

  /**
   * The same, with more properties.
   *
   * @param properties of the guests' SPECs, each behind a comma
   */
  public NetRehearsal(Way way, long features, int frameSize, String properties) {
    this(
        way,
        features | Features.VERSION_1 | VirtioNet.MRG_RXBUF,
        frameSize,
        properties,
        Rehearsal.Piece.writable(BUFFER),
        Rehearsal.Piece.readable(frame(frameSize)));
  }

  private NetRehearsal(
      Way way,
      long all,
      int frameSize,
      String properties,
      Rehearsal.Piece buffer,
      Rehearsal.Piece... frame) {
    String link =
        switch (way) {
              case DISCARD, ECHO -> "kind=" + way.name().toLowerCase(Locale.ROOT);
              case CHARGEN -> "kind=chargen,frame_size=" + frameSize;
              case ETHERSTUB -> "kind=etherstub,over=rehearsal-" + STUBS.incrementAndGet();
              case TAP -> "kind=tap,ifname=" + LOOPBACK;
            }
            + properties;
    @Nullable Fd[] wire = way == Way.TAP ? wire() : new Fd[2];
    sender = new Rehearsal(() -> device(SENDER, DiscardDatagram.GUEST, link, wire[0]), all);
    receiver =
        way.isPair()
            ? new Rehearsal(() -> device(RECEIVER, DiscardDatagram.STATION, link, wire[1]), all)
            : sender;
    sources =
        Stream.of(sender, receiver)
            .distinct()
            .flatMap(guest -> guest.device().sources(0).stream())
            .toList();
    sourced = way == Way.CHARGEN;
    unsegmented = frame.length > 1;
    receive = receiver.start(0, buffer);
    transmit = sender.start(1, frame);
  }

  /**
   * Two guests, of which one sends TCP that is still to be segmented, {@value #UNSEGMENTED_BYTES}
   * bytes in each frame, in pages as Linux does.
   *
   * @param way from one guest to another
   * @param features of rings
   * @param taken whether the other guest takes such frames as they are
   */
  public static NetRehearsal unsegmented(Way way, long features, boolean taken) {
    long all =
        features | Features.VERSION_1 | VirtioNet.MRG_RXBUF | (taken ? Offloads.ALL : SENDERS);
    return new NetRehearsal(
        way,
        all,
        0,
        "",
        Rehearsal.Piece.writable(taken ? RehearsedTcp.PIECE : BUFFER),
        RehearsedTcp.unsegmented(RECEIVER, SENDER));
  }

  /** A guest that gets a stream sends nothing but these. */
  private static NetRehearsal acknowledgements(Way way, long features) {
    return new NetRehearsal(
        way,
        features | Features.VERSION_1 | VirtioNet.MRG_RXBUF | Offloads.ALL,
        0,
        "",
        Rehearsal.Piece.writable(BUFFER),
        RehearsedTcp.acknowledgement(RECEIVER, SENDER));
  }

  /**
   * Sends frames of both lengths, by rings of both layouts, for about so long; to another guest or
   * by a tap also what Linux guests do, as these take and give that unfinished.
   */
  static void rehearse(Part part, long nanos) {
    Sessions.play(nanos, session -> play(part.way(), part.properties(), session));
  }

  private static void play(Way way, String guards, long nanos) {
    try (NetRehearsal first = new NetRehearsal(way, 0, SHORT, guards);
        NetRehearsal second = new NetRehearsal(way, 0, LONG, guards);
        NetRehearsal third = new NetRehearsal(way, Features.RING_PACKED, SHORT, guards);
        NetRehearsal fourth = way.isPair() ? unsegmented(way, Features.EVENT_IDX, true) : null;
        NetRehearsal fifth = way.isPair() ? acknowledgements(way, Features.EVENT_IDX) : null) {
      List<NetRehearsal> all =
          Stream.of(first, second, third, fourth, fifth).filter(Objects::nonNull).toList();
      try (RehearsalLoop loop =
          new RehearsalLoop(
              all.stream().flatMap(each -> Stream.of(each.transmit, each.receive)).toList(),
              all.stream().flatMap(each -> each.sources.stream()).toList())) {
        loop.run(nanos);
      }
    }
  }

  private static NetDevice device(MacAddress mac, Ipv4Address ip, String link, @Nullable Fd wire) {
    String spec =
        "vnic,id=rehearsal,macaddr=%s,ip=%s,netmask=255.255.255.0,%s".formatted(mac, ip, link);
    NetConfig config = NetProperties.read(Spec.parse(spec));
    if (wire == null) {
      return NetDevice.open(config);
    }
    // Of the same classes as a real one, and followed as well: some link that is always there.
    return new NetDevice(
        config,
        (client, drops) ->
            new FollowedVnic<>(
                LOOPBACK,
                LOOPBACK,
                1,
                () -> FdVnic.ofPretended(wire, config.mtu(), client, drops)));
  }

  /** Two ends; what is written to one, a frame each time, is read from the other. */
  private static Fd[] wire() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(ValueLayout.JAVA_INT, 2);
      int type = SysSocket.SOCK_SEQPACKET | SysSocket.SOCK_NONBLOCK | SysSocket.SOCK_CLOEXEC;
      Errno.check(SysSocket.socketpair(SysSocket.AF_UNIX, type, 0, ends), "socketpair");
      return new Fd[] {
        new Fd(ends.getAtIndex(ValueLayout.JAVA_INT, 0)),
        new Fd(ends.getAtIndex(ValueLayout.JAVA_INT, 1))
      };
    }
  }

  private static MemorySegment frame(int size) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[VirtioNet.HEADER + size]);
    DiscardDatagram.write(bytes, VirtioNet.HEADER, size, RECEIVER, SENDER, false);
    return bytes;
  }

  /**
   * The driver refills its rings, and the device takes turns until nothing is left to do.
   *
   * @return how many frames that was at most, a frame that is sent and received counting once
   */
  public int round() {
    receive.offer();
    if (!sourced) {
      transmit.offer();
    }
    int frames = 0;
    for (int work = 1; work > 0; ) {
      int sent = transmit.turn();
      int ignored = receive.turn();
      int polled = poll();
      frames += sourced ? polled : sent;
      work = sent + polled;
    }
    if (unsegmented) {
      takeAll();
    }
    return frames;
  }

  private int poll() {
    int work = 0;
    for (EventSource source : sources) {
      work += source.poll(Rehearsal.SIZE);
    }
    return work;
  }

  /** What found no buffer waits; the driver offers them again until it has all. */
  private void takeAll() {
    do {
      receive.offer();
      int ignored = receive.turn() + poll();
    } while (receive.outstanding() < receive.chains());
  }

  /**
   * Captures all of the sender's frames, and the receiver's if that is another; what is to be read,
   * the caller reads, on any thread of its own.
   */
  public List<Capture> capture() {
    return Stream.of(sender, receiver)
        .distinct()
        .map(guest -> ((Capturable) guest.device()).capture(Map.of()))
        .toList();
  }

  /** What the receiver's device has counted. */
  DeviceReport received() {
    return receiver.device().report();
  }

  /** What the sender's device has counted. */
  DeviceReport sent() {
    return sender.device().report();
  }

  @Override
  public void close() {
    sender.close();
    if (receiver != sender) {
      receiver.close();
    }
  }
}
