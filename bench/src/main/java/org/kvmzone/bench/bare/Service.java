package org.kvmzone.bench.bare;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.virtqueue.Features;

/** What the back end offers, and the loop that does it: a card's or a disk's. */
final class Service {
  /** VHOST_USER_F_PROTOCOL_FEATURES. */
  private static final long NEGOTIABLE = 1L << 30;

  private static final long MRG_RXBUF = 1L << 15;
  private static final long ANY_LAYOUT = 1L << 27;
  private static final long CARD =
      MRG_RXBUF | ANY_LAYOUT | Features.IN_ORDER | Features.RING_PACKED;

  private static final long MQ = 1;
  private static final long REPLY_ACK = 1L << 3;
  private static final long CONFIG = 1L << 9;
  private static final long CONFIGURE_MEM_SLOTS = 1L << 15;
  private static final long STATUS = 1L << 16;

  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;

  private final Options options;
  private final Disk disk;

  Service(Options options) {
    this.options = options;
    disk = options.disk().map(Disk::of).orElseGet(Disk::nothing);
  }

  /** Virtio feature bits. */
  long features() {
    return NEGOTIABLE | Features.VERSION_1 | (options.card().isPresent() ? CARD : 0);
  }

  /** What of the protocol virtio-user and libblkio insist on. */
  long protocolFeatures() {
    return MQ | REPLY_ACK | CONFIGURE_MEM_SLOTS | (options.card().isPresent() ? STATUS : CONFIG);
  }

  /** The configuration space: a disk's capacity in sectors, and nothing else. */
  ByteBuffer config() {
    return ByteBuffer.allocate(256)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(0, disk.bytes() / Disk.SECTOR);
  }

  /** The rings that the loop serves; it runs when all of them are there. */
  List<Integer> rings() {
    return options
        .card()
        .map(card ->
            switch (card) {
              case SINK -> List.of(TRANSMIT);
              case SOURCE -> List.of(RECEIVE);
              case ECHO -> List.of(TRANSMIT, RECEIVE);
            })
        .orElse(List.of(0));
  }

  /** The loop over these rings. */
  Loop loop(List<RingPlace> places, GuestMemory memory) {
    if (options.nativeLoop()) {
      return new CLoop(options, disk, places, memory.regions());
    }
    BareRing ring = places.getFirst().open();
    Window window = new Window(memory.regions());
    if (options.card().isEmpty()) {
      return new BlkLoop((SplitRing) ring, window, new Window(memory.regions()), disk);
    }
    return switch (options.card().get()) {
      case SINK -> new Sink(ring, window);
      case SOURCE -> new Source(ring, window, options.frameBytes());
      case ECHO -> new Echo(ring, places.getLast().open(), window, new Window(memory.regions()));
    };
  }
}
