package org.kvmzone.packet;

import java.util.regex.Pattern;

/**
 * An IPv4 address.
 *
 * @param value the 32 bits of the address, first octet highest
 */
public record Ipv4Address(int value) {
  /** 255.255.255.255. */
  public static final int BROADCAST = 0xffff_ffff;

  private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern TEXT = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");

  /**
   * Reads a dotted quad. A leading zero is refused: some read it as octal.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static Ipv4Address parse(String text) {
    if (!TEXT.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not an IPv4 address: write it as 192.0.2.10");
    }
    int value = 0;
    for (String octet : text.split("\\.", -1)) {
      value = value << 8 | Integer.parseInt(octet);
    }
    return new Ipv4Address(value);
  }

  /** Whether an address can be a host's own: not in 0.0.0.0/8, loopback, multicast or above. */
  public static boolean isHost(int address) {
    int first = address >>> 24;
    return first != 0 && first != 127 && first < 224;
  }

  /** Whether a mask is a run of ones followed by zeros, as a netmask must be. */
  public static boolean isNetmask(int mask) {
    int holes = ~mask;
    return (holes & (holes + 1)) == 0;
  }

  /** The address as 192.0.2.10. */
  public static String format(int address) {
    return (address >>> 24)
        + "."
        + (address >>> 16 & 0xff)
        + "."
        + (address >>> 8 & 0xff)
        + "."
        + (address & 0xff);
  }

  @Override
  public String toString() {
    return format(value);
  }
}
