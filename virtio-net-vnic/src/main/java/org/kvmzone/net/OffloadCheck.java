package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpProtocol;

/**
 * What a virtio-net header asks for, held against the frame behind it (virtio 1.3 §5.1.6.2): a
 * checksum lies where one can be, segments are of the protocol that the frame's own headers say,
 * and nothing that link protection has judged is written to afterwards. What passes is written
 * anew, so that whoever gets the frame next gets our word and not the sender's; hdr_len is such a
 * word, which senders get wrong.
 */
final class OffloadCheck {
  /**
   * The least that a segment may carry, as Linux has it (TCP_MIN_GSO_SIZE). One frame becomes no
   * more than 8192, then.
   */
  private static final int LEAST_SEGMENT = 8;

  /** How far into a frame its headers and its checksum may reach: further than any driver's do. */
  static final int MOST_HEADERS = 256;

  private static final int TCP_CHECKSUM = 16;
  private static final int UDP_CHECKSUM = 6;
  private static final int ICMP_CHECKSUM = 2;
  private static final int UDP_LENGTH = 8;
  private static final int LEAST_TCP_LENGTH = 20;
  private static final int MOST_TCP_LENGTH = 60;

  private int flags;
  private int gso;
  private int segment;
  private int start;
  private int offset;
  private int headers;

  /** Reads the header that was staged, {@code length} bytes long, before a slot's frame. */
  void read(FrameBatch batch, int slot, int length) {
    MemorySegment memory = batch.memory();
    long at = batch.frameAt(slot) - length;
    flags = NetHeader.flags(memory, at);
    gso = NetHeader.gso(memory, at);
    segment = NetHeader.segment(memory, at);
    start = NetHeader.checksumStart(memory, at);
    offset = NetHeader.checksumOffset(memory, at);
    headers = 0;
  }

  /** Whether nothing of the frame is left undone. */
  boolean asksNothing() {
    return (flags & VirtioNet.NEEDS_CSUM) == 0 && !isUnsegmented();
  }

  /** Whether somebody has verified the checksum of such a frame. */
  boolean isVerified() {
    return (flags & VirtioNet.DATA_VALID) != 0;
  }

  /** Whether the frame is to be segmented. */
  boolean isUnsegmented() {
    return gso != VirtioNet.GSO_NONE;
  }

  /**
   * How much of the frame has to be copied, bytes: as far as the checksum's field, and all headers
   * that segments get.
   *
   * @param frame parsed as far as it was copied
   */
  int reach(Frame frame) {
    return isUnsegmented() ? Math.max(reach(), frame.l4Offset() + MOST_TCP_LENGTH) : reach();
  }

  private int reach() {
    return start + offset + 2;
  }

  /** Whether the header asks only for what the driver has negotiated. */
  boolean isNegotiated(Offloads offloads) {
    return offloads.mayLeaveChecksums() && (!isUnsegmented() || offloads.mayLeave(gso));
  }

  /**
   * Holds the header against the frame.
   *
   * @param frame captured as far as its headers reach, if that can be
   * @return why it cannot be, or null
   */
  @Nullable Drop contradiction(Frame frame) {
    if ((flags & VirtioNet.NEEDS_CSUM) == 0) {
      return Drop.BAD_SEGMENTATION; // §5.1.6.2.1: no segmentation without
    }
    if (!hasChecksumAt(frame)) {
      return Drop.BAD_CHECKSUM;
    }
    if (!isUnsegmented()) {
      return null;
    }
    headers = headers(frame);
    boolean good =
        headers > 0
            && headers <= Math.min(frame.captured(), MOST_HEADERS)
            && headers < frame.length()
            && frame.ipEnd() == frame.length()
            && segment >= LEAST_SEGMENT;
    if (!good) {
      return Drop.BAD_SEGMENTATION;
    }
    if (frame.length() - headers <= segment) {
      gso = VirtioNet.GSO_NONE; // one segment is a frame
    }
    return null;
  }

  /** Whether the checksum is the frame's, or that of what is packed in it. */
  private boolean hasChecksumAt(Frame frame) {
    // Two bytes, which were copied: they may have to be written.
    if (reach() > Math.min(frame.captured(), MOST_HEADERS)) {
      return false;
    }
    return switch (frame.etherType()) {
      case EtherType.IPV4, EtherType.IPV6 ->
          !frame.isFragment()
              && frame.l4Offset() >= 0
              && reach() <= frame.ipEnd()
              && isAbove(frame);
      case EtherType.ARP -> false;
      default -> frame.isEthernet() && start >= frame.l3Offset();
    };
  }

  /** What is packed in UDP or in IP itself may have a checksum of its own, as in tunnels. */
  private boolean isAbove(Frame frame) {
    int l4 = frame.l4Offset();
    return switch (frame.ipProtocol()) {
      case IpProtocol.TCP -> start == l4 && offset == TCP_CHECKSUM;
      case IpProtocol.UDP ->
          start == l4 ? offset == UDP_CHECKSUM : start >= l4 + UDP_LENGTH && !frame.isDhcp();
      case IpProtocol.ICMP, IpProtocol.ICMPV6 -> start == l4 && offset == ICMP_CHECKSUM;
      default -> start >= l4;
    };
  }

  /** The length of the headers that each segment gets; 0 if there is no such segment. */
  private int headers(Frame frame) {
    int l4 = frame.l4Offset();
    if (start != l4) {
      return 0;
    }
    if (gso == VirtioNet.GSO_UDP_L4) {
      boolean datagram = frame.ipProtocol() == IpProtocol.UDP && !frame.isDhcp();
      return datagram && (frame.isIpv4() || frame.isIpv6()) ? l4 + UDP_LENGTH : 0;
    }
    int type = gso & ~VirtioNet.GSO_ECN;
    boolean version = type == VirtioNet.GSO_TCPV4 ? frame.isIpv4() : frame.isIpv6();
    if (frame.ipProtocol() != IpProtocol.TCP || !version) {
      return 0;
    }
    int tcp = frame.u8(l4 + 12) >>> 4 << 2;
    return tcp >= LEAST_TCP_LENGTH ? l4 + tcp : 0;
  }

  /** Of the longest frame that leaves, bytes behind the Ethernet header. */
  int payload(Frame frame) {
    int length = isUnsegmented() ? headers + segment : frame.length();
    return length - frame.l3Offset();
  }

  /** Does what the header asks for to the frame that was staged, which was copied whole. */
  void finish(FrameBatch batch) {
    Segmenter.finish(batch, start, offset);
  }

  /** Adds the frame that was staged, with what it asks for. */
  void addTo(FrameBatch batch) {
    batch.addAsking(
        gso, isUnsegmented() ? headers : 0, isUnsegmented() ? segment : 0, start, offset);
  }
}
