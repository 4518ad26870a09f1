package org.kvmzone.bench.peers;

import java.util.List;
import java.util.Locale;

/**
 * One way to move frames between a front end and a back end.
 *
 * @param bytes of a frame from the Ethernet header on, without its checksum: as testpmd counts
 */
record NetSetup(Direction direction, int bytes, Ring ring, Poll poll) {

  /** Where frames come from. */
  enum Direction {
    /** From the front end to the back end, which drops them. */
    SINK,
    /** From the back end to the front end, which drops them. */
    SOURCE,
    /** From one to the other and back: each exchanges the addresses of what it is sent. */
    ECHO,
    /** From one front end to another, through a back end that switches, and back. */
    GUESTS,
    /** From the front end to the back end, which sends them to a link of the kernel's by AF_XDP. */
    XDP;

    /** Those of a single device, with nothing behind it. */
    static final List<Direction> OF_ONE = List.of(SINK, SOURCE, ECHO);

    /** Those without a link of the kernel's. */
    static final List<Direction> IN_MEMORY = List.of(SINK, SOURCE, ECHO, GUESTS);

    /** As in names. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What the front end negotiates. */
  enum Ring {
    SPLIT("split", false, false),
    SPLIT_IN_ORDER("split-inorder", false, true),
    PACKED("packed", true, false),
    PACKED_IN_ORDER("packed-inorder", true, true);

    /** VIRTIO_F_RING_PACKED and VIRTIO_F_IN_ORDER, virtio 1.3 §6. */
    private static final long PACKED_BIT = 1L << 34;

    private static final long IN_ORDER_BIT = 1L << 35;

    private final String word;
    private final boolean packed;
    private final boolean inOrder;

    Ring(String word, boolean packed, boolean inOrder) {
      this.word = word;
      this.packed = packed;
      this.inOrder = inOrder;
    }

    /** As in names. */
    String word() {
      return word;
    }

    /** Properties of a virtio-user device of DPDK. */
    String properties() {
      return "packed_vq=%d,in_order=%d".formatted(packed ? 1 : 0, inOrder ? 1 : 0);
    }

    /** Whether this is what was negotiated. */
    boolean isIn(long features) {
      return (features & PACKED_BIT) != 0 == packed && (features & IN_ORDER_BIT) != 0 == inOrder;
    }
  }

  /** How long our threads look for work before they sleep. DPDK's never sleep. */
  enum Poll {
    /** As long as can be: the same as the peer. */
    BUSY("poll_us=1000000", ""),
    /** As long as a device does that nobody has told anything. */
    DEFAULT("", "/default-poll");

    private final String property;
    private final String suffix;

    Poll(String property, String suffix) {
      this.property = property;
      this.suffix = suffix;
    }

    /** What a SPEC of ours says about it, if anything. */
    String property() {
      return property;
    }
  }

  /** How many devices the front end has. */
  int devices() {
    return direction == Direction.GUESTS ? 2 : 1;
  }

  /** As in {@code net/64/echo/packed}. */
  String name() {
    return "net/%d/%s/%s%s".formatted(bytes, direction.word(), ring.word(), poll.suffix);
  }
}
