package org.kvmzone.net;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.Bucket;
import org.kvmzone.packet.IpPrefix.Cidr4;
import org.kvmzone.packet.IpPrefix.Cidr6;

/**
 * A flow at work: how to tell its frames, what they may do, and what they did. Shared by all queues
 * of a VNIC. What must match is kept as numbers and masks, so that telling is a few comparisons.
 *
 * <p>A frame that is more than the flow's maxbw is dropped, not kept waiting: others of the same
 * guest are behind it.
 */
@SuppressWarnings("EnumOrdinal") // indices into memory that dies with this object
final class Flow {
  /** How much more than flows in may pass at once: what a sender does before it hears of a loss. */
  private static final long BURST = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int DSFIELD = 40;
  private static final int TRANSPORT = 32;
  private static final int LOCAL_PORT = 16;

  private final FlowConfig config;
  private final Addresses addresses = new Addresses();
  private long upper;
  private long upperMask;
  private final @Nullable Bucket in;
  private final @Nullable Bucket out;
  private final boolean blocks;
  private final @Nullable Priority priority;
  private final AtomicLongArray counts;
  private final long made;

  /** The addresses that a datagram must have. */
  private static final class Addresses {
    boolean ipv4 = true;
    boolean ipv6 = true;
    long both4; // the local one above the remote one
    long both4Mask;
    long localHigh;
    long localHighMask;
    long localLow;
    long localLowMask;
    long remoteHigh;
    long remoteHighMask;
    long remoteLow;
    long remoteLowMask;

    void local(Cidr4 range) {
      ipv6 = false;
      both4 |= (long) range.address() << 32;
      both4Mask |= (long) range.mask() << 32;
    }

    void remote(Cidr4 range) {
      ipv6 = false;
      both4 |= Integer.toUnsignedLong(range.address());
      both4Mask |= Integer.toUnsignedLong(range.mask());
    }

    void local(Cidr6 range) {
      ipv4 = false;
      localHigh = range.high();
      localHighMask = range.highMask();
      localLow = range.low();
      localLowMask = range.lowMask();
    }

    void remote(Cidr6 range) {
      ipv4 = false;
      remoteHigh = range.high();
      remoteHighMask = range.highMask();
      remoteLow = range.low();
      remoteLowMask = range.lowMask();
    }
  }

  /**
   * A flow.
   *
   * @param former the one of its name that it takes the place of, and whose counts go on
   */
  Flow(FlowConfig config, @Nullable Flow former, long now) {
    this.config = config;
    FlowMatch match = config.match();
    match
        .localIp()
        .ifPresent(ip -> {
          switch (ip) {
            case Cidr4 range -> addresses.local(range);
            case Cidr6 range -> addresses.local(range);
          }
        });
    match
        .remoteIp()
        .ifPresent(ip -> {
          switch (ip) {
            case Cidr4 range -> addresses.remote(range);
            case Cidr6 range -> addresses.remote(range);
          }
        });
    match.transport().ifPresent(named -> must(named.number(), 0xff, TRANSPORT));
    match.localPort().ifPresent(port -> must(port, 0xffff, LOCAL_PORT));
    match.remotePort().ifPresent(port -> must(port, 0xffff, 0));
    match.dsfield().ifPresent(field -> must(field.value(), field.mask(), DSFIELD));
    blocks = config.maxbw().filter(Bandwidth::isNone).isPresent();
    priority = config.priority().orElse(null);
    in = bucket(config, now);
    out = bucket(config, now);
    made = former == null ? now : former.made;
    counts = former == null ? new AtomicLongArray(FlowCounter.values().length) : former.counts;
  }

  private static @Nullable Bucket bucket(FlowConfig config, long now) {
    return config
        .maxbw()
        .filter(most -> !most.isNone())
        .map(most -> new Bucket(most.bytesPerSecond(), BURST, now))
        .orElse(null);
  }

  private void must(int value, int mask, int at) {
    upper |= (long) value << at;
    upperMask |= (long) mask << at;
  }

  FlowConfig config() {
    return config;
  }

  /** How many bits a frame must have as the flow says. */
  int precision() {
    return Long.bitCount(upperMask)
        + Long.bitCount(addresses.both4Mask)
        + Long.bitCount(addresses.localHighMask)
        + Long.bitCount(addresses.localLowMask)
        + Long.bitCount(addresses.remoteHighMask)
        + Long.bitCount(addresses.remoteLowMask);
  }

  /** Whether it lets nothing pass. */
  boolean blocks() {
    return blocks;
  }

  /** Its own priority; null if it has the VNIC's. */
  @Nullable Priority priority() {
    return priority;
  }

  /** Whether it has to know what time it is. */
  boolean isLimited() {
    return in != null;
  }

  /**
   * What a flow compares besides addresses, in one number.
   *
   * @param ports the local one in the upper 16 bits; 0 where there are none
   */
  static long upper(int dsfield, int transport, int ports) {
    return (long) dsfield << DSFIELD
        | (long) transport << TRANSPORT
        | Integer.toUnsignedLong(ports);
  }

  /**
   * Whether an IPv4 datagram is the flow's.
   *
   * @param both its addresses, the local one in the upper half
   * @param other of {@link #upper}
   */
  boolean matches4(long both, long other) {
    return ((both ^ addresses.both4) & addresses.both4Mask) == 0
        && ((other ^ upper) & upperMask) == 0
        && addresses.ipv4;
  }

  /** Whether an IPv6 datagram is. */
  boolean matches6(long localHigh, long localLow, long remoteHigh, long remoteLow, long other) {
    return ((other ^ upper) & upperMask) == 0
        && ((localHigh ^ addresses.localHigh) & addresses.localHighMask) == 0
        && ((localLow ^ addresses.localLow) & addresses.localLowMask) == 0
        && ((remoteHigh ^ addresses.remoteHigh) & addresses.remoteHighMask) == 0
        && ((remoteLow ^ addresses.remoteLow) & addresses.remoteLowMask) == 0
        && addresses.ipv6;
  }

  /**
   * The same flow by its addresses and dsfield alone: where nobody can tell what a datagram
   * carries, what is blocked must not get through as that.
   */
  long blockedAs(long other) {
    long all = 0xffL << DSFIELD;
    return blocks ? (other & all) | (upper & ~all) : other;
  }

  /** Takes what a frame of so many bytes needs; false if it may not pass. */
  boolean tryTake(boolean outgoing, long bytes, long now) {
    Bucket bucket = outgoing ? out : in;
    return !blocks && (bucket == null || bucket.tryTake(bytes, now));
  }

  /**
   * Takes what several frames need together; false, and nothing is taken, if it is not certain that
   * each of them may pass.
   */
  boolean tryTakeAll(boolean outgoing, long bytes, long now) {
    Bucket bucket = outgoing ? out : in;
    return !blocks && (bucket == null || bucket.tryTakeAll(bytes, now));
  }

  /** Gives back what was taken for a frame that is not sent, or not yet. */
  void giveBack(boolean outgoing, long bytes) {
    Bucket bucket = outgoing ? out : in;
    if (bucket != null) {
      bucket.giveBack(bytes);
    }
  }

  /** So many frames have passed. */
  void passed(boolean outgoing, long packets, long bytes) {
    add(outgoing ? FlowCounter.OUTPUT_PACKETS : FlowCounter.INPUT_PACKETS, packets);
    add(outgoing ? FlowCounter.OUTPUT_BYTES : FlowCounter.INPUT_BYTES, bytes);
  }

  /** A frame was dropped. */
  void dropped(boolean outgoing) {
    add(outgoing ? FlowCounter.OUTPUT_DROPS : FlowCounter.INPUT_DROPS, 1);
  }

  private void add(FlowCounter counter, long amount) {
    long _ = counts.getAndAdd(counter.ordinal(), amount);
  }

  /** What it has counted, by name. */
  Map<String, Long> counters() {
    Map<String, Long> all = new LinkedHashMap<>();
    for (FlowCounter counter : FlowCounter.values()) {
      all.put(counter.kstat(), counts.get(counter.ordinal()));
    }
    all.put("crtime", made);
    all.put("snaptime", System.nanoTime());
    return all;
  }
}
