package org.kvmzone.dhcp;

import io.netty.buffer.ByteBuf;

/**
 * Writes a DHCPv4 message at a fixed place of a buffer (RFC 2131 §2). An option that would make the
 * message longer than its limit is left out.
 */
final class DhcpWriter {
  /** The shortest BOOTP message; some clients and relays drop shorter ones (RFC 1542 §2.1). */
  static final int MIN_LENGTH = 300;

  private final ByteBuf to;
  private final int start;
  private int limit;

  /**
   * @param to where messages are written; must have room for the longest
   * @param start at which index a message starts
   */
  DhcpWriter(ByteBuf to, int start) {
    this.to = to;
    this.start = start;
  }

  /**
   * Starts a message for an Ethernet client.
   *
   * @param maxLength up to how many octets it may grow; at least {@link #MIN_LENGTH}
   */
  void begin(int op, int xid, int flags, long chaddr, int maxLength) {
    limit = start + Math.max(maxLength, MIN_LENGTH);
    to.setIndex(start, start);
    to.writeZero(DhcpMessage.FIXED_LENGTH);
    to.setByte(start, op);
    to.setByte(start + 1, DhcpMessage.ETHERNET);
    to.setByte(start + 2, 6);
    to.setInt(start + 4, xid);
    to.setShort(start + DhcpMessage.FLAGS, flags);
    to.setShort(start + DhcpMessage.CHADDR, (int) (chaddr >>> 32));
    to.setInt(start + DhcpMessage.CHADDR + 2, (int) chaddr);
    to.writeInt(DhcpMessage.COOKIE);
  }

  void ciaddr(int address) {
    to.setInt(start + DhcpMessage.CIADDR, address);
  }

  void yiaddr(int address) {
    to.setInt(start + DhcpMessage.YIADDR, address);
  }

  void siaddr(int address) {
    to.setInt(start + DhcpMessage.SIADDR, address);
  }

  /** Adds an option of one octet. */
  void octet(int code, int value) {
    if (header(code, Byte.BYTES)) {
      to.writeByte(value);
    }
  }

  /** Adds an option of four octets: an address or a time. */
  void number(int code, int value) {
    if (header(code, Integer.BYTES)) {
      to.writeInt(value);
    }
  }

  /** Adds an option of up to 255 octets. */
  void bytes(int code, byte[] value) {
    if (header(code, value.length)) {
      to.writeBytes(value);
    }
  }

  void value(int code, OptionValue value) {
    if (header(code, value.length())) {
      value.writeTo(to);
    }
  }

  private boolean header(int code, int size) {
    // Option header, value, and the end option behind it all.
    if (to.writerIndex() + 2 + size + 1 > limit) {
      return false;
    }
    to.writeByte(code);
    to.writeByte(size);
    return true;
  }

  /**
   * Ends the message, padded to {@link #MIN_LENGTH}.
   *
   * @return its length in octets
   */
  int end() {
    to.writeByte(DhcpOption.END);
    int missing = start + MIN_LENGTH - to.writerIndex();
    if (missing > 0) {
      to.writeZero(missing);
    }
    return to.writerIndex() - start;
  }
}
