package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.kvmzone.bridge.device.Capturable;
import org.kvmzone.bridge.device.Capture;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.Spec;
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
  private static final int BUFFER = 2048;
  private static final long SENDERS = VirtioNet.CSUM | VirtioNet.HOST_TSO4;
  private static final int SHORT = 60;
  private static final int LONG = 1514;
  private static final MacAddress SENDER = MacAddress.parse("02:08:20:00:00:01");
  private static final MacAddress RECEIVER = MacAddress.parse("02:08:20:00:00:02");

  /** Bytes of a stream in each frame of {@link #unsegmented}. */
  public static final int UNSEGMENTED_BYTES = UnsegmentedTcp.PAYLOAD;

  private final Rehearsal sender;
  private final Rehearsal receiver;
  private final RehearsedQueue transmit;
  private final RehearsedQueue receive;
  private final List<EventSource> sources;
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
    ETHERSTUB;

    /** What comes nearest to a link. */
    static Way of(LinkConfig link) {
      return switch (link) {
        case LinkConfig.Discard _ -> DISCARD;
        case LinkConfig.Echo _ -> ECHO;
        case LinkConfig.Chargen _ -> CHARGEN;
        default -> ETHERSTUB;
      };
    }
  }

  /**
   * A guest, or two of them on an etherstub.
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
   * @param properties of the sender's SPEC, each behind a comma
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
        };
    sender = new Rehearsal(() -> device(SENDER, DiscardDatagram.GUEST, link + properties), all);
    sources = sender.device().sources(0);
    receiver =
        way == Way.ETHERSTUB
            ? new Rehearsal(() -> device(RECEIVER, DiscardDatagram.STATION, link), all)
            : sender;
    unsegmented = frame.length > 1;
    receive = receiver.start(0, buffer);
    transmit = sender.start(1, frame);
  }

  /**
   * Two guests on an etherstub, of which one sends TCP that is still to be segmented, {@value
   * #UNSEGMENTED_BYTES} bytes in each frame, in pages as Linux does.
   *
   * @param features of rings
   * @param taken whether the other guest takes such frames as they are
   */
  public static NetRehearsal unsegmented(long features, boolean taken) {
    long all =
        features | Features.VERSION_1 | VirtioNet.MRG_RXBUF | (taken ? Offloads.ALL : SENDERS);
    return new NetRehearsal(
        Way.ETHERSTUB,
        all,
        0,
        "",
        Rehearsal.Piece.writable(taken ? UnsegmentedTcp.PIECE : BUFFER),
        UnsegmentedTcp.pieces(RECEIVER, SENDER));
  }

  /** Sends frames of both lengths, by rings of both layouts, for about so long. */
  static void rehearse(Way way, long nanos) {
    Sessions.play(nanos, session -> play(way, session));
  }

  private static void play(Way way, long nanos) {
    try (NetRehearsal first = new NetRehearsal(way, 0, SHORT);
        NetRehearsal second = new NetRehearsal(way, 0, LONG);
        NetRehearsal third = new NetRehearsal(way, Features.RING_PACKED, SHORT)) {
      List<NetRehearsal> all = List.of(first, second, third);
      try (RehearsalLoop loop =
          new RehearsalLoop(
              all.stream().flatMap(each -> Stream.of(each.transmit, each.receive)).toList(),
              all.stream().flatMap(each -> each.sources.stream()).toList())) {
        loop.run(nanos);
      }
    }
  }

  private static NetDevice device(MacAddress mac, Ipv4Address ip, String link) {
    String spec =
        "vnic,id=rehearsal,macaddr=%s,ip=%s,netmask=255.255.255.0,%s".formatted(mac, ip, link);
    return NetDevice.open(NetProperties.read(Spec.parse(spec)));
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
    if (sources.isEmpty()) {
      transmit.offer();
    }
    int frames = 0;
    for (int work = 1; work > 0; frames += work) {
      work = transmit.turn();
      int ignored = receive.turn();
      for (EventSource source : sources) {
        work += source.poll(Rehearsal.SIZE);
      }
    }
    if (unsegmented) {
      takeAll();
    }
    return frames;
  }

  /** What found no buffer waits; the driver offers them again until it has all. */
  private void takeAll() {
    int taken = 1;
    while (taken > 0) {
      receive.offer();
      taken = receive.turn();
    }
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
  Map<String, Long> received() {
    return receiver.device().report().counters();
  }

  /** What the sender's device has counted. */
  Map<String, Long> counters() {
    return sender.device().report().counters();
  }

  @Override
  public void close() {
    sender.close();
    if (receiver != sender) {
      receiver.close();
    }
  }
}
