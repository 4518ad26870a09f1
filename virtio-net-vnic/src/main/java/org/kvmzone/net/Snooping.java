package org.kvmzone.net;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * What a switch has overheard of multicast groups (RFC 4541), for all of its queues. A group's
 * frames go to those alone who want them while somebody asks all hosts what they want; without such
 * a querier nobody answers, and all frames go to all.
 */
final class Snooping {
  /** RFC 3376 §8.4: how long a membership lasts that is not affirmed; queries are 125 s apart. */
  static final int MEMBERSHIP_SECONDS = 260;

  /** RFC 3376 §8.5: how long after its last query a querier is thought to be there. */
  static final int QUERIER_SECONDS = 255;

  /** How long hosts may take to answer a first query. */
  static final int ANSWER_SECONDS = 26;

  /** RFC 3376 §8.8: how long others behind the port of one that leaves have to speak up. */
  static final int LEAVING_SECONDS = 3;

  /** Instead of a group: the frame goes to all. */
  static final long ALL = -1;

  private static final int VLANS = 4096;

  private final GroupTable groups;

  // Of each VLAN, and of IPv6 behind all those of IPv4: whether a querier was heard, from when on
  // all hosts have answered it, and until when it is thought to be there.
  private final AtomicIntegerArray heard = new AtomicIntegerArray(2 * VLANS);
  private final AtomicIntegerArray from = new AtomicIntegerArray(2 * VLANS);
  private final AtomicIntegerArray until = new AtomicIntegerArray(2 * VLANS);

  /** Nothing heard yet of ports below {@code ports}. */
  Snooping(int ports) {
    groups = new GroupTable(ports);
  }

  /** The group of a MAC address, or {@link #ALL} if its frames always go to all. */
  static long group(long address) {
    long low = address & 0xffff_ffffL;
    if (isIpv4(address)) {
      // 224.0.0.0/24, which no router forwards, and which hosts need not join (§2.1.2).
      return (low & 0x7f_ffff) < 0x100 ? ALL : low & 0x7f_ffff;
    }
    if (isIpv6(address)) {
      // ff02::1 and its like; and neighbour discovery, which must not hang on a table.
      return low < 0x100 || low >>> 24 == 0xff ? ALL : 1L << 32 | low;
    }
    return ALL;
  }

  /** Whether a MAC address is that of a group of IPv4 (RFC 1112 §6.4). */
  static boolean isIpv4(long address) {
    return address >>> 23 == 0x0100_5e00_0000L >>> 23;
  }

  /** Whether a MAC address is that of a group of IPv6 (RFC 2464 §7). */
  static boolean isIpv6(long address) {
    return address >>> 32 == 0x3333;
  }

  /** A querier has asked all hosts of a VLAN, from behind a port. */
  void queried(int vlan, boolean ipv6, int port, int now) {
    int i = ipv6 ? VLANS + vlan : vlan;
    if (heard.get(i) == 0 || now - until.get(i) > 0) {
      from.set(i, now + ANSWER_SECONDS);
    }
    until.set(i, now + QUERIER_SECONDS);
    heard.set(i, 1);
    groups.join(vlan, GroupTable.ROUTERS, port, now, now + QUERIER_SECONDS);
  }

  /** Whether it is known of a VLAN who wants what. */
  boolean isActive(int vlan, boolean ipv6, int now) {
    int i = ipv6 ? VLANS + vlan : vlan;
    return heard.get(i) != 0 && now - from.get(i) > 0 && now - until.get(i) <= 0;
  }

  /** Somebody behind a port wants a group. */
  void joined(int vlan, long address, int port, int now) {
    long group = group(address);
    if (group != ALL) {
      groups.join(vlan, group, port, now, now + MEMBERSHIP_SECONDS);
    }
  }

  /** Somebody behind a port does not want a group any more; others may. */
  void left(int vlan, long address, int port, int now) {
    long group = group(address);
    if (group != ALL) {
      groups.leave(vlan, group, port, now, now + LEAVING_SECONDS);
    }
  }

  /** Whether a port is to have the frames of a group, or of {@link GroupTable#ROUTERS}. */
  boolean wants(int vlan, long group, int port, int now) {
    return groups.wants(vlan, group, port, now);
  }

  /** A port is gone. */
  void forget(int port) {
    groups.leaveAll(port);
  }
}
