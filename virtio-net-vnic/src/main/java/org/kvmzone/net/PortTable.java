package org.kvmzone.net;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.kvmzone.packet.MacAddress;

/** The ports of a switch at one moment, and which of them has which address of its own. */
final class PortTable {
  static final PortTable EMPTY = new PortTable(new Etherstub.Port[0]);

  private final Etherstub.@Nullable Port[] ports;

  /** A hash table with open addressing, at most a quarter full: addresses, 0 for none. */
  private final long[] addresses;

  private final int[] indices;

  private PortTable(Etherstub.@Nullable Port[] ports) {
    this.ports = ports;
    int size = Integer.highestOneBit(Math.max(1, ports.length)) * 8;
    addresses = new long[size];
    indices = new int[size];
    for (Etherstub.Port port : ports) {
      if (port != null) {
        int slot = slot(port.mac);
        addresses[slot] = port.mac;
        indices[slot] = port.index;
      }
    }
  }

  /** Where an address is, or the empty place where it would be. */
  private int slot(long address) {
    int mask = addresses.length - 1;
    int slot = (int) ((address * 0x9E37_79B9_7F4A_7C15L) >>> 32) & mask;
    while (addresses[slot] != 0 && addresses[slot] != address) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** One more than the highest index of a port. */
  int length() {
    return ports.length;
  }

  /** The port of that index, or null. */
  Etherstub.@Nullable Port port(int index) {
    return ports[index];
  }

  /** The index of the port whose own address this is, or -1. */
  int find(long address) {
    int slot = slot(address);
    return addresses[slot] == address && address != 0 ? indices[slot] : -1;
  }

  /** How many ports there are. */
  int count() {
    return (int) Arrays.stream(ports).filter(Objects::nonNull).count();
  }

  /**
   * The lowest index without a port.
   *
   * @throws IllegalArgumentException if there are as many ports as may be
   */
  int freeIndex() {
    for (int i = 0; i < ports.length; i++) {
      if (ports[i] == null) {
        return i;
      }
    }
    if (ports.length == Etherstub.MAX_PORTS) {
      throw new IllegalArgumentException(
          "the etherstub has " + Etherstub.MAX_PORTS + " VNICs already: make another");
    }
    return ports.length;
  }

  /**
   * This table and one more port.
   *
   * @throws IllegalArgumentException if the port's address is another's
   */
  PortTable with(Etherstub.Port port) {
    int other = find(port.mac);
    if (other >= 0) {
      throw new IllegalArgumentException(
          "macaddr "
              + MacAddress.format(port.mac)
              + " is that of vnic "
              + Objects.requireNonNull(ports[other]).vnic
              + " on the same etherstub: give each its own");
    }
    Etherstub.@Nullable Port[] more = Arrays.copyOf(ports, Math.max(ports.length, port.index + 1));
    more[port.index] = port;
    return new PortTable(more);
  }

  /** Whether a port is in this table, and not another in its place. */
  @SuppressWarnings("ReferenceEquality") // this one, not one like it
  boolean has(Etherstub.Port port) {
    return port.index < ports.length && ports[port.index] == port;
  }

  /** This table without a port. */
  PortTable without(Etherstub.Port port) {
    Etherstub.@Nullable Port[] fewer = ports.clone();
    fewer[port.index] = null;
    return new PortTable(fewer);
  }
}
