package org.kvmzone.packet;

/**
 * What hosts and routers say about multicast groups: IGMP (RFC 2236, RFC 3376) and MLD (RFC 2710,
 * RFC 3810). Nothing of a message is believed before all of it was checked: its checksum, that it
 * has not been routed, and the lengths of its records.
 */
public final class Membership {
  private static final int IGMP = 2;
  private static final int IGMP_QUERY = 0x11;
  private static final int IGMP_V1_REPORT = 0x12;
  private static final int IGMP_V2_REPORT = 0x16;
  private static final int IGMP_V2_LEAVE = 0x17;
  private static final int IGMP_V3_REPORT = 0x22;

  private static final int MLD_QUERY = 130;
  private static final int MLD_V1_REPORT = 131;
  private static final int MLD_V1_DONE = 132;
  private static final int MLD_V2_REPORT = 143;

  /** Types of records (RFC 3376 §4.2.12): the sources listed, and no others, are wanted. */
  private static final int MODE_IS_INCLUDE = 1;

  private static final int CHANGE_TO_INCLUDE = 3;
  private static final int BLOCK_OLD_SOURCES = 6;

  private static final long ALL_HOSTS_MAC = 0x0100_5e00_0001L;
  private static final long ALL_NODES_MAC = 0x3333_0000_0001L;
  private static final int LINK_LOCAL = 0xfe80;

  /**
   * The longest time that hosts may take to answer a query, in tenths of a second: what the 8 bits
   * of the older versions hold. Who gives them longer is no querier to rely on.
   */
  private static final int MOST_TENTHS = 255;

  private final Frame frame;

  /** What a message is. */
  public enum Kind {
    /** Not one of them, or a broken one: an ordinary frame. */
    NONE,
    /** A querier asks all hosts which groups they want; they will have said so within 26 s. */
    GENERAL_QUERY,
    /** Another question. */
    QUERY,
    /** A host says what it wants. */
    REPORT
  }

  /** Who is told what is in a report. Groups go by their MAC addresses. */
  public interface Reported {
    /** A host wants the frames of a group. */
    void join(long group);

    /** A host does not want them any more. */
    void leave(long group);
  }

  /** What is in a frame, whichever is wrapped at the moment. */
  public Membership(Frame frame) {
    this.frame = frame;
  }

  /** Whether this may be such a message; then it is to be captured whole. */
  public boolean isLikely() {
    return frame.isIpv4()
        ? frame.ipProtocol() == IGMP && !frame.isFragment()
        : frame.isIpv6()
            && !frame.isFragment()
            && switch (frame.icmpType()) {
              case MLD_QUERY, MLD_V1_REPORT, MLD_V1_DONE, MLD_V2_REPORT -> true;
              default -> false;
            };
  }

  /** Reads the message in a frame that is captured whole, and tells what it reports. */
  public Kind read(Reported reported) {
    if (!isLikely() || frame.captured() < frame.length()) {
      return Kind.NONE;
    }
    return frame.isIpv4() ? igmp(reported) : mld(reported);
  }

  private Kind igmp(Reported reported) {
    int at = frame.l4Offset();
    int size = frame.ipEnd() - at;
    boolean sound =
        size >= 8 && frame.u8(frame.l3Offset() + 8) == 1 && frame.checksum(0, at, size) == 0;
    if (!sound) {
      return Kind.NONE;
    }
    int group = frame.u16(at + 4) << 16 | frame.u16(at + 6);
    switch (frame.u8(at)) {
      case IGMP_QUERY -> {
        // RFC 4541 §2.1.1: one from 0.0.0.0 is a proxy's, and no querier's.
        boolean general =
            group == 0 && frame.destination() == ALL_HOSTS_MAC && frame.ipv4Source() != 0;
        boolean soon = size < 12 || frame.u8(at + 1) < 128; // above, version 3 counts otherwise
        return general && soon ? Kind.GENERAL_QUERY : Kind.QUERY;
      }
      case IGMP_V1_REPORT, IGMP_V2_REPORT -> reported.join(mac4(group));
      case IGMP_V2_LEAVE -> reported.leave(mac4(group));
      case IGMP_V3_REPORT -> {
        return records(reported, at, size, Integer.BYTES);
      }
      default -> {
        return Kind.NONE;
      }
    }
    return Kind.REPORT;
  }

  private Kind mld(Reported reported) {
    int at = frame.l4Offset();
    int size = frame.ipEnd() - at;
    int l3 = frame.l3Offset();
    boolean sound =
        size >= 8 && frame.u8(l3 + 7) == 1 && frame.checksum(pseudoHeader(size), at, size) == 0;
    if (!sound) {
      return Kind.NONE;
    }
    int type = frame.u8(at);
    if (type == MLD_V2_REPORT) {
      return records(reported, at, size, 16);
    }
    if (size < 24) {
      return Kind.NONE;
    }
    long group = mac6(frame.u64(at + 16));
    switch (type) {
      case MLD_QUERY -> {
        boolean all = frame.u64(at + 8) == 0 && frame.u64(at + 16) == 0;
        boolean router = (frame.u16(l3 + 8) & 0xffc0) == LINK_LOCAL;
        boolean general = all && router && frame.destination() == ALL_NODES_MAC;
        boolean soon = frame.u16(at + 4) <= MOST_TENTHS * 100; // milliseconds
        return general && soon ? Kind.GENERAL_QUERY : Kind.QUERY;
      }
      case MLD_V1_REPORT -> reported.join(group);
      default -> reported.leave(group);
    }
    return Kind.REPORT;
  }

  private long pseudoHeader(int size) {
    long sum = IpProtocol.ICMPV6 + (long) size;
    for (int i = 8; i < 40; i += Short.BYTES) {
      sum += frame.u16(frame.l3Offset() + i);
    }
    return sum;
  }

  /** Records of version 3 of IGMP, or 2 of MLD: the same, but for the length of addresses. */
  private Kind records(Reported reported, int at, int size, int address) {
    int count = frame.u16(at + 6);
    if (walk(reported, at + 8, at + size, count, address, false) < 0) {
      return Kind.NONE;
    }
    int _ = walk(reported, at + 8, at + size, count, address, true);
    return Kind.REPORT;
  }

  /** Walks the records; returns where they end, or -1 if that is behind the message. */
  private int walk(Reported reported, int start, int end, int count, int address, boolean telling) {
    int at = start;
    for (int i = 0; i < count; i++) {
      if (end - at < 4 + address) {
        return -1;
      }
      int sources = frame.u16(at + 2);
      if (telling) {
        long group =
            address == Integer.BYTES
                ? mac4(frame.u16(at + 4) << 16 | frame.u16(at + 6))
                : mac6(frame.u64(at + 12));
        tell(reported, frame.u8(at), sources, group);
      }
      int length = 4 + address + sources * address + frame.u8(at + 1) * 4;
      if (length > end - at) {
        return -1;
      }
      at += length;
    }
    return at;
  }

  private static void tell(Reported reported, int type, int sources, long group) {
    boolean none = sources == 0 && (type == MODE_IS_INCLUDE || type == CHANGE_TO_INCLUDE);
    if (none) {
      reported.leave(group);
    } else if (type >= MODE_IS_INCLUDE && type < BLOCK_OLD_SOURCES) {
      reported.join(group);
    }
  }

  /** RFC 1112 §6.4. */
  private static long mac4(int group) {
    return 0x0100_5e00_0000L | (group & 0x7f_ffff);
  }

  /** RFC 2464 §7. */
  private static long mac6(long low) {
    return 0x3333_0000_0000L | (low & 0xffff_ffffL);
  }
}
