package org.kvmzone.packet.testing;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import org.kvmzone.packet.Frame;

/** Makes frames from text addresses. Checksums are right unless a test spoils them. */
public final class Frames {
  public static final String BROADCAST = "ff:ff:ff:ff:ff:ff";

  private Frames() {}

  /** Octets from numbers. */
  public static byte[] octets(int... values) {
    byte[] octets = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      octets[i] = (byte) values[i];
    }
    return octets;
  }

  public static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  public static byte[] u16(int value) {
    return octets(value >>> 8, value);
  }

  public static byte[] mac(String text) {
    return HexFormat.ofDelimiter(":").parseHex(text);
  }

  /** An IPv4 or IPv6 address. */
  public static byte[] ip(String text) {
    return InetAddress.ofLiteral(text).getAddress();
  }

  public static byte[] ethernet(String destination, String source, int type, byte[] payload) {
    return join(mac(destination), mac(source), u16(type), payload);
  }

  /** Puts an 802.1Q tag into a frame. */
  public static byte[] tagged(int tag, byte[] frame) {
    return join(slice(frame, 0, 12), u16(0x8100), u16(tag), slice(frame, 12, frame.length));
  }

  public static byte[] slice(byte[] from, int start, int end) {
    return Arrays.copyOfRange(from, start, end);
  }

  public static byte[] arp(int operation, String senderMac, String sender, String target) {
    return join(
        octets(0, 1, 8, 0, 6, 4),
        u16(operation),
        mac(senderMac),
        ip(sender),
        new byte[6],
        ip(target));
  }

  public static byte[] ipv4(String source, String destination, int protocol, byte[] payload) {
    return ipv4(source, destination, protocol, 0, new byte[0], payload);
  }

  /**
   * A packet with options, or a fragment.
   *
   * @param fragment the flags and offset field
   * @param options a multiple of four octets
   */
  public static byte[] ipv4(
      String source,
      String destination,
      int protocol,
      int fragment,
      byte[] options,
      byte[] payload) {
    byte[] header =
        join(
            octets(0x45 + options.length / 4, 0),
            u16(20 + options.length + payload.length),
            u16(0x1234),
            u16(fragment),
            octets(64, protocol, 0, 0),
            ip(source),
            ip(destination),
            options);
    putChecksum(header, 10, header);
    return join(header, payload);
  }

  /** A UDP datagram with its checksum. */
  public static byte[] udp(
      String source, String destination, int sourcePort, int destinationPort, byte[] payload) {
    byte[] datagram =
        join(u16(sourcePort), u16(destinationPort), u16(8 + payload.length), u16(0), payload);
    byte[] pseudo = join(ip(source), ip(destination), u16(17), u16(datagram.length), datagram);
    putChecksum(datagram, 6, pseudo);
    return datagram;
  }

  /** A whole UDP frame over IPv4. */
  public static byte[] udpFrame(
      String destinationMac,
      String sourceMac,
      String source,
      String destination,
      int sourcePort,
      int destinationPort,
      byte[] payload) {
    byte[] udp = udp(source, destination, sourcePort, destinationPort, payload);
    return ethernet(destinationMac, sourceMac, 0x800, ipv4(source, destination, 17, udp));
  }

  public static byte[] tcp(int sourcePort, int destinationPort) {
    return join(u16(sourcePort), u16(destinationPort), new byte[8], octets(0x50, 2), new byte[6]);
  }

  public static byte[] echo(int type, byte[] payload) {
    byte[] message = join(octets(type, 0, 0, 0), u16(0x77), u16(1), payload);
    putChecksum(message, 2, message);
    return message;
  }

  public static byte[] ipv6(String source, String destination, int next, byte[] payload) {
    return join(
        octets(0x60, 0, 0, 0),
        u16(payload.length),
        octets(next, 255),
        ip(source),
        ip(destination),
        payload);
  }

  /** A message of neighbour discovery; its checksum is left out, as nobody here reads it. */
  public static byte[] neighborDiscovery(int type, byte[] body, byte[]... options) {
    return join(octets(type, 0, 0, 0), body, join(options));
  }

  /** Option 1, source link-layer address, or 2, target link-layer address. */
  public static byte[] linkAddress(int type, String mac) {
    return join(octets(type, 1), mac(mac));
  }

  /** An IPv6 extension header of eight octets. */
  public static byte[] extension(int next) {
    return join(octets(next, 0), octets(1, 4, 0, 0, 0, 0));
  }

  /**
   * The IPv6 fragment header.
   *
   * @param field offset and flags
   */
  public static byte[] fragmentHeader(int next, int field) {
    return join(octets(next, 0), u16(field), octets(0, 0, 0, 9));
  }

  /** Wraps a frame that was captured whole. */
  public static Frame parse(byte[] bytes) {
    return parse(bytes, bytes.length, bytes.length);
  }

  /** Wraps the first bytes of a frame; nothing lies behind them. */
  public static Frame parse(byte[] bytes, int captured, int wireLength) {
    Frame frame = new Frame();
    frame.wrap(MemorySegment.ofArray(slice(bytes, 0, captured)), 0, captured, wireLength);
    return frame;
  }

  /** The Internet checksum, by the book: RFC 1071 §4.1. */
  public static int checksum(byte[] bytes) {
    int sum = 0;
    for (int i = 0; i < bytes.length; i++) {
      sum += (bytes[i] & 0xff) << (i % 2 == 0 ? 8 : 0);
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return ~sum & 0xffff;
  }

  private static void putChecksum(byte[] into, int at, byte[] over) {
    int checksum = checksum(over);
    into[at] = (byte) (checksum >>> 8);
    into[at + 1] = (byte) checksum;
  }
}
