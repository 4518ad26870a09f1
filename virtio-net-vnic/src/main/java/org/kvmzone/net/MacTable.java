package org.kvmzone.net;

import org.kvmzone.packet.MacAddress;

/**
 * What a switch has learned: the port behind which a MAC address was last seen, in each VLAN by
 * itself (IEEE 802.1Q §8.8, independent learning). An address that finds its bucket full of others
 * is not learned, and frames to it are flooded.
 *
 * <p>VLAN and address are 59 bits, since a station's address has one bit that is always 0. They are
 * mixed so that no two become the same; ten bits of that choose the bucket, and the cell holds the
 * rest beside the port.
 */
final class MacTable extends AgedCells {
  static final int PER_PORT = 1024;

  /** IEEE 802.1Q §8.8.3: the recommended age at which an address is forgotten. */
  static final int AGEING_SECONDS = 300;

  private static final int KEY_BITS = 59;
  private static final int CELL_BITS = KEY_BITS - BUCKET_BITS;
  private static final long KEY_MASK = (1L << KEY_BITS) - 1;
  private static final long CELL_MASK = (1L << CELL_BITS) - 1;
  private static final long GROUP = 1L << 40;

  /** An empty table for ports below {@code ports}, which is at most 16384. */
  MacTable(int ports) {
    super(ports, PER_PORT);
  }

  /** The port behind which a station was seen in a VLAN, or -1. */
  int find(int vlan, long address, int now) {
    if ((address & GROUP) != 0) {
      return -1;
    }
    long key = key(vlan, address);
    int first = bucket(key);
    for (int i = first; i < first + WAYS; i++) {
      long cell = cell(i);
      if (cell != 0 && (cell & CELL_MASK) == (key & CELL_MASK)) {
        return isOld(i, now) ? -1 : port(cell);
      }
    }
    return -1;
  }

  /** A frame of a VLAN from {@code address} came in at {@code port}. */
  void learn(int vlan, long address, int port, int now) {
    if (!MacAddress.isStation(address)) {
      return;
    }
    long key = key(vlan, address);
    long wanted = ((port + 1L) << CELL_BITS) | (key & CELL_MASK);
    int first = bucket(key);
    int free = -1;
    long freed = 0;
    for (int i = first; i < first + WAYS; i++) {
      long cell = cell(i);
      if (cell == wanted) {
        keep(i, now + AGEING_SECONDS);
        return;
      }
      if (cell != 0 && (cell & CELL_MASK) == (key & CELL_MASK)) {
        boolean _ = replace(i, cell, wanted, now, now + AGEING_SECONDS); // the station has moved
        return;
      }
      if (free < 0 && (cell == 0 || isOld(i, now))) {
        free = i;
        freed = cell;
      }
    }
    if (free >= 0) {
      boolean _ = replace(free, freed, wanted, now, now + AGEING_SECONDS);
    }
  }

  @Override
  int port(long cell) {
    return (int) (cell >>> CELL_BITS) - 1;
  }

  /**
   * A number of 59 bits for each VLAN and station; each step can be undone, so no two share one.
   */
  private static long key(int vlan, long address) {
    long low = address & (GROUP - 1);
    long key = ((long) vlan << 47) | ((address >>> 41) << 40) | low;
    key ^= key >>> 31;
    key = (key * 0x9E37_79B9_7F4A_7C15L) & KEY_MASK;
    return key ^ (key >>> 29);
  }

  private static int bucket(long key) {
    return (int) (key >>> CELL_BITS) * WAYS;
  }
}
