package org.kvmzone.packet;

import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * An Ethernet address.
 *
 * @param value the 48 bits of the address, first octet highest
 */
public record MacAddress(long value) {
  /** Octets in an address. */
  public static final int LENGTH = 6;

  /** ff:ff:ff:ff:ff:ff. */
  public static final long BROADCAST = 0xffff_ffff_ffffL;

  /** The I/G bit: the lowest bit of the first octet. */
  private static final long GROUP_BIT = 1L << 40;

  private static final Pattern TEXT = Pattern.compile("[0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2}){5}");

  public MacAddress {
    if (value < 0 || value > BROADCAST) {
      throw new IllegalArgumentException("a MAC address has 48 bits, not " + value);
    }
  }

  /**
   * Reads six colon-separated hexadecimal octets of one or two digits (dladm leaves out leading
   * zeros).
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static MacAddress parse(String text) {
    if (!TEXT.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a MAC address: write it as 52:54:00:12:34:56");
    }
    long value = 0;
    for (String octet : text.split(":", -1)) {
      value = value << 8 | HexFormat.fromHexDigits(octet);
    }
    return new MacAddress(value);
  }

  /** Whether an address names a group; broadcast is one too. */
  public static boolean isMulticast(long address) {
    return (address & GROUP_BIT) != 0;
  }

  /** Whether an address can be a station's own: not a group, and not all zero. */
  public static boolean isStation(long address) {
    return !isMulticast(address) && address != 0;
  }

  /**
   * The lower half of the IPv6 addresses that a station makes of its MAC (modified EUI-64, RFC 4291
   * appendix A).
   */
  public long eui64() {
    long upper = value >>> 24;
    long lower = value & 0xff_ffffL;
    return (upper << 40 | 0xff_fe00_0000L | lower) ^ (1L << 57);
  }

  /** The address as 52:54:00:12:34:56. */
  public static String format(long address) {
    HexFormat hex = HexFormat.of();
    StringBuilder text = new StringBuilder(17);
    for (int shift = 40; shift >= 0; shift -= 8) {
      text.append(hex.toHexDigits((byte) (address >>> shift)));
      if (shift > 0) {
        text.append(':');
      }
    }
    return text.toString();
  }

  @Override
  public String toString() {
    return format(value);
  }
}
