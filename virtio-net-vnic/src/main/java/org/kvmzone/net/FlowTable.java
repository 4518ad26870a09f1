package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpProtocol;

/**
 * The flows of a VNIC, and which of them a frame belongs to: of those that it matches the one that
 * says most, in bits; of equals the first by name. Replaced as a whole.
 */
final class FlowTable {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort BE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt BE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong BE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt LE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** An Ethernet and a plain IPv4 header, and two ports. */
  private static final int GLANCE = 14 + 20 + 4;

  /** Flags, the fragment's offset and the protocol, of four bytes as LE32: not the time to live. */
  private static final int CARRIED = 0xff00ff3f;

  private final Flow[] flows;
  private final boolean limited;
  private final boolean ranked;

  /**
   * Flows.
   *
   * @param former those before, whose counts go on where the names are the same
   */
  FlowTable(List<FlowConfig> configs, @Nullable FlowTable former, long now) {
    List<Flow> made = new ArrayList<>();
    for (FlowConfig config : configs) {
      @Nullable Flow old = former == null ? null : former.find(config.name()).orElse(null);
      boolean same = old != null && old.config().equals(config);
      made.add(same ? old : new Flow(config, old, now));
    }
    made.sort(
        Comparator.comparingInt(Flow::precision)
            .reversed()
            .thenComparing(flow -> flow.config().name()));
    flows = made.toArray(Flow[]::new);
    limited = made.stream().anyMatch(Flow::isLimited);
    ranked = made.stream().anyMatch(flow -> flow.priority() != null);
  }

  private Optional<Flow> find(String name) {
    return flows().stream().filter(flow -> flow.config().name().equals(name)).findAny();
  }

  /** All of them, the most precise first. */
  List<Flow> flows() {
    return List.of(flows);
  }

  /** Whether one of them has to know what time it is. */
  boolean isLimited() {
    return limited;
  }

  /** Whether one of them has a priority of its own. */
  boolean isRanked() {
    return ranked;
  }

  /**
   * Finds the flows of some frames of a batch. Plain ones that follow one another mostly have the
   * same addresses and ports: then one is looked up for all of them.
   *
   * @param found takes the flow of each frame, or null, at the frame's place
   * @return whether all have the same one, or all none
   */
  boolean findEach(
      FrameBatch batch, long frames, boolean outgoing, Frame view, @Nullable Flow[] found) {
    @Nullable Flow before = null;
    boolean alike = true;
    for (long left = frames; left != 0; ) {
      int from = Long.numberOfTrailingZeros(left);
      int to = from + run(batch, from, Long.numberOfTrailingZeros(~(left >>> from)));
      @Nullable Flow flow = find(batch, from, outgoing, view);
      Arrays.fill(found, from, to, flow);
      alike &= left == frames || flow == before;
      before = flow;
      left &= ~FrameBatch.first(to);
    }
    return alike;
  }

  /** How many frames of a batch are like one of them, from that on, in all that tells flows. */
  private static int run(FrameBatch batch, int from, int most) {
    MemorySegment memory = batch.memory();
    long first = batch.frameAt(from);
    if (batch.captured(from) < GLANCE || !isPlain4(memory, first)) {
      return 1;
    }
    int begin = memory.get(LE32, first + 12);
    int carried = memory.get(LE32, first + 20) & CARRIED;
    long addresses = memory.get(LE64, first + 26);
    int ports = memory.get(LE32, first + 34);
    int count = 1;
    while (count < most && batch.captured(from + count) >= GLANCE) {
      long at = batch.frameAt(from + count);
      int other = (memory.get(LE32, at + 12) ^ begin) | (memory.get(LE32, at + 34) ^ ports);
      other |= (memory.get(LE32, at + 20) & CARRIED) ^ carried;
      if (other != 0 || memory.get(LE64, at + 26) != addresses) {
        break;
      }
      count++;
    }
    return count;
  }

  /** IPv4 without options, and no fragment. */
  private static boolean isPlain4(MemorySegment memory, long at) {
    return memory.get(BE16, at + 12) == EtherType.IPV4
        && memory.get(BYTE, at + 14) == 0x45
        && (memory.get(BE16, at + 20) & 0x3fff) == 0;
  }

  /**
   * The flow of a frame; null if it has none. What was copied of the frame tells.
   *
   * @param outgoing whether the guest sends it; else it is for the guest
   * @param view used for what is not plain
   */
  @Nullable Flow find(FrameBatch batch, int frame, boolean outgoing, Frame view) {
    MemorySegment memory = batch.memory();
    long at = batch.frameAt(frame);
    if (batch.captured(frame) >= GLANCE && isPlain4(memory, at)) {
      int transport = memory.get(BYTE, at + 23) & 0xff;
      boolean ports = hasPorts(transport);
      return find4(
          memory.get(BE64, at + 26),
          memory.get(BYTE, at + 15) & 0xff,
          transport,
          ports ? memory.get(BE32, at + 34) : 0,
          outgoing);
    }
    Frame.State _ = view.wrap(memory, at, batch.captured(frame), batch.length(frame));
    return find(view, outgoing);
  }

  private static boolean hasPorts(int transport) {
    return transport == IpProtocol.TCP
        || transport == IpProtocol.UDP
        || transport == IpProtocol.SCTP;
  }

  private @Nullable Flow find(Frame frame, boolean outgoing) {
    int transport = frame.ipProtocol();
    int at = frame.l3Offset();
    if (frame.isIpv4()) {
      long both = (long) frame.ipv4Source() << 32 | Integer.toUnsignedLong(frame.ipv4Destination());
      return find4(both, frame.u8(at + 1), transport, ports(frame), outgoing);
    }
    if (!frame.isIpv6()) {
      return null;
    }
    int dsfield = frame.u16(at) >>> 4 & 0xff;
    long ends = ports(frame);
    long other = Flow.upper(dsfield, Math.max(0, transport), turned((int) ends, outgoing));
    long sourceHigh = frame.ipv6SourceHigh();
    long sourceLow = frame.ipv6SourceLow();
    long targetHigh = frame.u64(at + 24);
    long targetLow = frame.u64(at + 32);
    for (Flow flow : flows) {
      long seen = transport < 0 ? flow.blockedAs(other) : other;
      if (outgoing
          ? flow.matches6(sourceHigh, sourceLow, targetHigh, targetLow, seen)
          : flow.matches6(targetHigh, targetLow, sourceHigh, sourceLow, seen)) {
        return flow;
      }
    }
    return null;
  }

  /** The source and the destination port; 0 where there are none, as in later fragments. */
  private static int ports(Frame frame) {
    int at = frame.l4Offset();
    return at >= 0 && hasPorts(frame.ipProtocol()) && frame.u16(at + 2) >= 0
        ? frame.u16(at) << 16 | frame.u16(at + 2)
        : 0;
  }

  private @Nullable Flow find4(
      long sourceAndTarget, int dsfield, int transport, int ports, boolean outgoing) {
    long both = outgoing ? sourceAndTarget : Long.rotateLeft(sourceAndTarget, 32);
    long other = Flow.upper(dsfield, transport, turned(ports, outgoing));
    for (Flow flow : flows) {
      if (flow.matches4(both, other)) {
        return flow;
      }
    }
    return null;
  }

  private static int turned(int ports, boolean outgoing) {
    return outgoing ? ports : Integer.rotateLeft(ports, 16);
  }
}
