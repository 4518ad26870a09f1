package org.kvmzone.net;

/**
 * Which ports want the frames of which multicast groups, in each VLAN by itself, for as long as
 * they have said so. A port that has joined more than there is room for is taken to want all.
 */
final class GroupTable extends AgedCells {
  static final int PER_PORT = 256;

  /** Instead of a group: the port has a multicast router behind it, which wants all of them. */
  static final long ROUTERS = 0;

  /** Bits of a group: those of its MAC address that are not the same in all. */
  static final int GROUP_BITS = 33;

  private static final int PORT_BITS = 10;
  private static final int VLAN_BITS = 12;
  private static final long USED = 1L << (GROUP_BITS + VLAN_BITS + PORT_BITS);

  /** Of each port, when its want of all groups ends; only after {@link #full}. */
  private final int[] fullUntil;

  private final boolean[] full;

  /** An empty table for ports below {@code ports}, which is at most 1024. */
  GroupTable(int ports) {
    super(ports, PER_PORT);
    fullUntil = new int[ports];
    full = new boolean[ports];
  }

  /** A port wants a group until then. */
  void join(int vlan, long group, int port, int now, int until) {
    long wanted = key(vlan, group, port);
    int first = bucket(wanted);
    int free = -1;
    for (int i = first; i < first + WAYS; i++) {
      long cell = cell(i);
      if (cell == wanted) {
        keep(i, until);
        return;
      }
      if (free < 0 && (cell == 0 || isOld(i, now))) {
        free = i;
      }
    }
    if (free < 0 || !replace(free, cell(free), wanted, now, until)) {
      fullUntil[port] = until; // seen by others a little later, which does no harm
      full[port] = true;
    }
  }

  /** A port does not want a group any more from then on, unless it joins again. */
  void leave(int vlan, long group, int port, int now, int until) {
    long wanted = key(vlan, group, port);
    int first = bucket(wanted);
    for (int i = first; i < first + WAYS; i++) {
      if (cell(i) == wanted && !isOld(i, now)) {
        keep(i, until);
      }
    }
  }

  /** Whether a port is to have the frames of a group. */
  boolean wants(int vlan, long group, int port, int now) {
    return has(vlan, group, port, now)
        || has(vlan, ROUTERS, port, now)
        || (full[port] && now - fullUntil[port] <= 0);
  }

  private boolean has(int vlan, long group, int port, int now) {
    long wanted = key(vlan, group, port);
    int first = bucket(wanted);
    for (int i = first; i < first + WAYS; i++) {
      if (cell(i) == wanted) {
        return !isOld(i, now);
      }
    }
    return false;
  }

  /** A port that is gone wants nothing. */
  void leaveAll(int port) {
    full[port] = false;
    forget(port);
  }

  @Override
  int port(long cell) {
    return (int) cell & ((1 << PORT_BITS) - 1);
  }

  private static long key(int vlan, long group, int port) {
    return USED | group << (VLAN_BITS + PORT_BITS) | (long) vlan << PORT_BITS | port;
  }

  private static int bucket(long key) {
    return (int) ((key * 0x9E37_79B9_7F4A_7C15L) >>> (Long.SIZE - BUCKET_BITS)) * WAYS;
  }
}
