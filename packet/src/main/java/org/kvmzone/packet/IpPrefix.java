package org.kvmzone.packet;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A range of IP addresses, as {@code allowed-ips} lists them: an address, or address/bits. */
public sealed interface IpPrefix {
  /** How many leading bits every address of the range has in common. */
  int bits();

  /**
   * A range of IPv4 addresses.
   *
   * @param address the lowest address of the range
   * @param bits 0 to 32
   */
  record Cidr4(int address, int bits) implements IpPrefix {
    public Cidr4 {
      if (bits < 0 || bits > 32 || (address & ~mask(bits)) != 0) {
        throw misplaced(Ipv4Address.format(address), bits, 32);
      }
    }

    private static int mask(int bits) {
      return bits == 0 ? 0 : -1 << (32 - bits);
    }

    /** The bits that count, as a netmask. */
    public int mask() {
      return mask(bits);
    }

    public boolean contains(int other) {
      return (other & mask()) == address;
    }

    @Override
    public String toString() {
      return Ipv4Address.format(address) + "/" + bits;
    }
  }

  /**
   * A range of IPv6 addresses.
   *
   * @param high the upper 64 bits of the lowest address
   * @param low the lower 64 bits of the lowest address
   * @param bits 0 to 128
   */
  record Cidr6(long high, long low, int bits) implements IpPrefix {
    public Cidr6 {
      if (bits < 0 || bits > 128 || (high & ~highMask(bits)) != 0 || (low & ~lowMask(bits)) != 0) {
        throw misplaced(format(high, low), bits, 128);
      }
    }

    private static long highMask(int bits) {
      return bits == 0 ? 0 : -1L << (64 - Math.min(bits, 64));
    }

    private static long lowMask(int bits) {
      return bits <= 64 ? 0 : -1L << (128 - bits);
    }

    /** The bits of the upper half that count. */
    public long highMask() {
      return highMask(bits);
    }

    /** The bits of the lower half that count. */
    public long lowMask() {
      return lowMask(bits);
    }

    public boolean contains(long otherHigh, long otherLow) {
      return (otherHigh & highMask()) == high && (otherLow & lowMask()) == low;
    }

    private static String format(long high, long low) {
      StringBuilder text = new StringBuilder();
      for (int group = 0; group < 8; group++) {
        long half = group < 4 ? high : low;
        text.append(group == 0 ? "" : ":")
            .append(Long.toHexString(half >>> (48 - group % 4 * 16) & 0xffff));
      }
      return text.toString();
    }

    @Override
    public String toString() {
      return format(high, low) + "/" + bits;
    }
  }

  /**
   * Reads an IPv4 or IPv6 address, alone or with a prefix length. Never asks a name server.
   *
   * @throws IllegalArgumentException if the text is neither, or has bits set behind the prefix
   */
  static IpPrefix parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    if (address.indexOf(':') < 0) {
      return new Cidr4(Ipv4Address.parse(address).value(), bits(text, slash, 32));
    }
    ByteBuffer octets = ByteBuffer.wrap(literal6(address));
    return new Cidr6(octets.getLong(), octets.getLong(), bits(text, slash, 128));
  }

  private static int bits(String text, int slash, int most) {
    if (slash < 0) {
      return most;
    }
    String bits = text.substring(slash + 1);
    if (!bits.matches("[0-9]{1,3}")) {
      throw new IllegalArgumentException(
          "'" + text + "' has no prefix length after the slash: write a number up to " + most);
    }
    return Integer.parseInt(bits);
  }

  private static byte[] literal6(String text) {
    // The JDK's literals may carry a scope or brackets, and the mapped ones turn into IPv4.
    if (text.matches("[0-9A-Fa-f:.]+")) {
      try {
        InetAddress address = Inet6Address.ofLiteral(text);
        if (address instanceof Inet6Address) {
          return address.getAddress();
        }
      } catch (IllegalArgumentException e) {
        throw notIpv6(text, e);
      }
    }
    throw notIpv6(text, null);
  }

  private static IllegalArgumentException notIpv6(String text, @Nullable Throwable cause) {
    return new IllegalArgumentException(
        "'" + text + "' is not an IPv6 address: write it as 2001:db8::10", cause);
  }

  private static IllegalArgumentException misplaced(String address, int bits, int most) {
    return new IllegalArgumentException(
        bits < 0 || bits > most
            ? "a prefix of " + address + " has 0 to " + most + " bits, not " + bits
            : address
                + "/"
                + bits
                + " has bits set behind its prefix: write the address alone, or the lowest address"
                + " of the range");
  }
}
