package org.kvmzone.packet;

import java.util.BitSet;
import java.util.Collection;
import java.util.StringJoiner;

/** A set of VLANs, each 1 to 4094 (IEEE 802.1Q §9.6); it does not change. */
public final class VlanSet {
  /** The highest number that a VLAN has; 4095 is reserved, and 0 is none. */
  public static final int LAST = 4094;

  /** No VLAN. */
  public static final VlanSet NONE = new VlanSet(new BitSet());

  /** All that there can be. */
  public static final VlanSet ALL = all();

  private final BitSet vlans;

  private VlanSet(BitSet vlans) {
    this.vlans = vlans;
  }

  private static VlanSet all() {
    BitSet all = new BitSet(LAST + 1);
    all.set(1, LAST + 1);
    return new VlanSet(all);
  }

  /**
   * The VLANs of a list.
   *
   * @param ranges each {@code 10} or {@code 20-29}
   * @throws IllegalArgumentException in one line, if one is neither
   */
  public static VlanSet parse(Collection<String> ranges) {
    BitSet vlans = new BitSet(LAST + 1);
    for (String range : ranges) {
      int dash = range.indexOf('-');
      int first = number(range, dash < 0 ? range : range.substring(0, dash));
      int last = dash < 0 ? first : number(range, range.substring(dash + 1));
      if (first < 1 || first > last || last > LAST) {
        throw none(range);
      }
      vlans.set(first, last + 1);
    }
    return new VlanSet(vlans);
  }

  private static int number(String range, String text) {
    if (!text.matches("[0-9]{1,4}")) {
      throw none(range);
    }
    return Integer.parseInt(text);
  }

  private static IllegalArgumentException none(String range) {
    return new IllegalArgumentException(
        range + " is no VLAN from 1 to " + LAST + ", nor a range of them as 20-29");
  }

  /** Whether a VLAN is one of these; {@code vlan} is not negative. */
  public boolean contains(int vlan) {
    return vlans.get(vlan);
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return vlans.isEmpty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VlanSet set && vlans.equals(set.vlans);
  }

  @Override
  public int hashCode() {
    return vlans.hashCode();
  }

  /** As {@link #parse} reads them, with commas between. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(",");
    for (int first = vlans.nextSetBit(0); first >= 0; ) {
      int end = vlans.nextClearBit(first);
      text.add(end - first == 1 ? "" + first : first + "-" + (end - 1));
      first = vlans.nextSetBit(end);
    }
    return text.toString();
  }
}
