package org.kvmzone.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.Headers;

/**
 * A DHCPv4 or BOOTP message as it was received (RFC 2131 §2, RFC 2132), for reuse from message to
 * message.
 *
 * <p>{@link #read} checks every length: options end inside their area, continue in {@code file} and
 * {@code sname} where option 52 says so, parts of one option are joined (RFC 3396), and those that
 * have a fixed size have it. Only what came out of a read that returned true has a meaning.
 *
 * <p>Not thread-safe: each queue has its own.
 */
public final class DhcpMessage {
  public static final int BOOT_REQUEST = 1;
  public static final int BOOT_REPLY = 2;

  /** The hardware type of Ethernet. */
  public static final int ETHERNET = 1;

  /** The first four octets of the options, and the sign that there are any (RFC 2131 §3). */
  public static final int COOKIE = 0x6382_5363;

  /** The octets before the cookie. */
  public static final int FIXED_LENGTH = 236;

  /** The longest message that is read: what an Ethernet frame of 1500 octets carries. */
  public static final int MAX_LENGTH = 1472;

  static final int OPTIONS = FIXED_LENGTH + Integer.BYTES;
  static final int FLAGS = 10;
  static final int CIADDR = 12;
  static final int YIADDR = 16;
  static final int SIADDR = 20;
  static final int GIADDR = 24;
  static final int CHADDR = 28;
  static final int SNAME = 44;
  static final int FILE = 108;

  /** The client cannot yet receive unicast (RFC 2131 §2, figure 2). */
  static final int BROADCAST_FLAG = 0x8000;

  private static final int OVERLOAD_FILE = 1;
  private static final int OVERLOAD_SNAME = 2;

  private final byte[] copy = new byte[MAX_LENGTH];
  private final ByteBuf message = Unpooled.wrappedBuffer(copy);

  private final OptionValue type = new OptionValue();
  private final OptionValue overload = new OptionValue();
  private final OptionValue requestedAddress = new OptionValue();
  private final OptionValue serverId = new OptionValue();
  private final OptionValue maxMessageSize = new OptionValue();
  private final OptionValue parameterList = new OptionValue();
  private final OptionValue clientId = new OptionValue();

  /**
   * Reads the payload of a UDP datagram. The frame must have been captured whole.
   *
   * @return whether it is a well-formed message
   */
  public boolean read(Frame frame) {
    int udp = frame.l4Offset();
    int length = frame.u16(udp + 4) - Headers.UDP_LENGTH;
    if (udp < 0 || length > frame.ipEnd() - udp - Headers.UDP_LENGTH) {
      return false;
    }
    return length >= FIXED_LENGTH
        && length <= MAX_LENGTH
        && frame.copyTo(udp + Headers.UDP_LENGTH, length, copy, 0)
        && parse(length);
  }

  /**
   * Reads the readable bytes of a buffer, without consuming them.
   *
   * @return whether they are a well-formed message
   */
  public boolean read(ByteBuf from) {
    int length = from.readableBytes();
    if (length < FIXED_LENGTH || length > MAX_LENGTH) {
      return false;
    }
    from.getBytes(from.readerIndex(), copy, 0, length);
    return parse(length);
  }

  private boolean parse(int length) {
    type.clear();
    overload.clear();
    requestedAddress.clear();
    serverId.clear();
    maxMessageSize.clear();
    parameterList.clear();
    clientId.clear();
    if (length < OPTIONS || message.getInt(FIXED_LENGTH) != COOKIE) {
      return true; // BOOTP with another vendor's area, or none
    }
    return parseArea(OPTIONS, length)
        && parseOverload()
        && type.isAbsentOr(1)
        && requestedAddress.isAbsentOr(Integer.BYTES)
        && serverId.isAbsentOr(Integer.BYTES)
        && maxMessageSize.isAbsentOr(Short.BYTES);
  }

  /** Options continue in file, then in sname (RFC 2131 §4.1, RFC 3396 §5). */
  private boolean parseOverload() {
    if (!overload.isPresent()) {
      return true;
    }
    int areas = overload.number();
    if (overload.length() != 1 || areas < 1 || areas > (OVERLOAD_FILE | OVERLOAD_SNAME)) {
      return false;
    }
    return ((areas & OVERLOAD_FILE) == 0 || parseArea(FILE, FIXED_LENGTH))
        && ((areas & OVERLOAD_SNAME) == 0 || parseArea(SNAME, FILE));
  }

  /** An area may end without the end option: there are clients that fill it to the last octet. */
  private boolean parseArea(int start, int end) {
    int at = start;
    while (at < end) {
      int code = message.getUnsignedByte(at++);
      if (code == DhcpOption.END) {
        return true;
      }
      if (code == DhcpOption.PAD) {
        continue;
      }
      if (at == end) {
        return false;
      }
      int size = message.getUnsignedByte(at++);
      if (size > end - at) {
        return false;
      }
      OptionValue value = valueOf(code, start);
      if (value != null && !value.append(message, at, size)) {
        return false;
      }
      at += size;
    }
    return true;
  }

  private @Nullable OptionValue valueOf(int code, int area) {
    return switch (code) {
      case DhcpOption.MESSAGE_TYPE -> type;
      // It says what the other areas hold, so it has no meaning inside them.
      case DhcpOption.OVERLOAD -> area == OPTIONS ? overload : null;
      case DhcpOption.REQUESTED_ADDRESS -> requestedAddress;
      case DhcpOption.SERVER_ID -> serverId;
      case DhcpOption.MAX_MESSAGE_SIZE -> maxMessageSize;
      case DhcpOption.PARAMETER_LIST -> parameterList;
      case DhcpOption.CLIENT_ID -> clientId;
      default -> null;
    };
  }

  /** {@link #BOOT_REQUEST} or {@link #BOOT_REPLY}, if the sender keeps to the rules. */
  public int op() {
    return message.getUnsignedByte(0);
  }

  public int hardwareType() {
    return message.getUnsignedByte(1);
  }

  public int hardwareLength() {
    return message.getUnsignedByte(2);
  }

  public int xid() {
    return message.getInt(4);
  }

  public int flags() {
    return message.getUnsignedShort(FLAGS);
  }

  /** Whether replies have to be broadcast. */
  public boolean isBroadcast() {
    return (flags() & BROADCAST_FLAG) != 0;
  }

  /** The client's own address, if it has one that it answers ARP for. */
  public int ciaddr() {
    return message.getInt(CIADDR);
  }

  /** The address the server gives. */
  public int yiaddr() {
    return message.getInt(YIADDR);
  }

  /** The next server to boot from. */
  public int siaddr() {
    return message.getInt(SIADDR);
  }

  /** The relay agent that the message went through. */
  public int giaddr() {
    return message.getInt(GIADDR);
  }

  /** The client's hardware address, if it is Ethernet's. */
  public long chaddr() {
    return (long) message.getUnsignedShort(CHADDR) << 32 | message.getUnsignedInt(CHADDR + 2);
  }

  /** Whether the client says that it is the Ethernet station with this MAC address. */
  public boolean isFrom(long mac) {
    return hardwareType() == ETHERNET && hardwareLength() == 6 && chaddr() == mac;
  }

  /** Option 53, or {@link MessageType#NONE}. */
  public int type() {
    return type.number();
  }

  /** Option 50, or zero. */
  public int requestedAddress() {
    return requestedAddress.number();
  }

  /** Option 54, or zero. */
  public int serverId() {
    return serverId.number();
  }

  /** Option 57: the longest IP datagram that the client takes; never below the 576 of RFC 2131. */
  public int maxDatagram() {
    return Math.max(maxMessageSize.number(), 576);
  }

  OptionValue parameterList() {
    return parameterList;
  }

  OptionValue clientId() {
    return clientId;
  }

  /** Whether there is a client identifier (option 61). */
  public boolean hasClientId() {
    return clientId.isPresent();
  }

  /** Whether the client identifier is this one: a type octet and what follows it. */
  public boolean hasClientId(byte[] id) {
    return clientId.isPresent() && clientId.matches(id);
  }
}
