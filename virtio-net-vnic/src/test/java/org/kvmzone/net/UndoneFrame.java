package org.kvmzone.net;

import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.kvmzone.packet.testing.Frames;

/**
 * A frame as a driver leaves it that has negotiated offloads, and what is to become of it: made and
 * finished by the book, a byte at a time, with nothing of the product's.
 */
final class UndoneFrame {
  static final String IP6_A = "2001:db8::a";
  static final String IP6_B = "2001:db8::b";
  static final int FIN = 1;
  static final int PSH = 8;
  static final int ACK = 0x10;
  static final int CWR = 0x80;

  private static final int SEQUENCE = 0xffff_f000; // it wraps soon
  private static final int ID = 0xfffe;

  private final boolean ipv6;
  private final boolean tcp;
  private final byte[] between;
  private final byte[] options;
  private final int flags;
  private final int tag;
  private final int segment;
  private final byte[] payload;

  /**
   * A frame from A to B.
   *
   * @param ipv6 instead of IPv4
   * @param tcp instead of UDP
   * @param between what lies between the fixed IP header and TCP or UDP: options or extensions
   * @param options of TCP
   * @param flags of TCP
   * @param tag a VLAN tag, or -1
   * @param segment bytes of each segment; 0 for a frame whose checksum alone is left undone
   */
  UndoneFrame(
      boolean ipv6,
      boolean tcp,
      byte[] between,
      byte[] options,
      int flags,
      int tag,
      int segment,
      byte[] payload) {
    this.ipv6 = ipv6;
    this.tcp = tcp;
    this.between = between;
    this.options = options;
    this.flags = flags;
    this.tag = tag;
    this.segment = segment;
    this.payload = payload;
  }

  /** TCP over IPv4 from A to B, without anything special. */
  static UndoneFrame tcp(int segment, int payload) {
    return of(false, true, segment, payload);
  }

  static UndoneFrame of(boolean ipv6, boolean tcp, int segment, int payload) {
    return of(ipv6, tcp, ACK | PSH | FIN, segment, payload);
  }

  static UndoneFrame of(boolean ipv6, boolean tcp, int flags, int segment, int payload) {
    byte[] bytes = new byte[payload];
    new SplittableRandom(payload).nextBytes(bytes);
    return new UndoneFrame(ipv6, tcp, new byte[0], new byte[0], flags, -1, segment, bytes);
  }

  boolean ipv6() {
    return ipv6;
  }

  int segment() {
    return segment;
  }

  int tag() {
    return tag;
  }

  /** The same with another tag. */
  UndoneFrame tagged(int other) {
    return new UndoneFrame(ipv6, tcp, between, options, flags, other, segment, payload);
  }

  private int l3() {
    return tag < 0 ? 14 : 18;
  }

  int l4() {
    return l3() + (ipv6 ? 40 : 20) + between.length;
  }

  private int transportLength() {
    return tcp ? 20 + options.length : 8;
  }

  int headers() {
    return l4() + transportLength();
  }

  int checksumOffset() {
    return tcp ? 16 : 6;
  }

  int protocol() {
    return tcp ? 6 : 17;
  }

  /** VIRTIO_NET_HDR_GSO_*. */
  int gso() {
    if (segment == 0) {
      return 0;
    }
    return tcp ? (ipv6 ? 4 : 1) | ((flags & CWR) != 0 ? 0x80 : 0) : 5;
  }

  /** The virtio-net header that says what is left undone. */
  byte[] header() {
    return header(1, gso(), segment == 0 ? 0 : headers(), segment, l4(), checksumOffset());
  }

  /** Any virtio-net header. */
  static byte[] header(int flags, int gso, int length, int segment, int start, int offset) {
    return ByteBuffer.allocate(VirtioNet.HEADER)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) flags)
        .put((byte) gso)
        .putShort((short) length)
        .putShort((short) segment)
        .putShort((short) start)
        .putShort((short) offset)
        .array();
  }

  /** The frame as the driver leaves it: with the sum of a pseudo header for a checksum. */
  byte[] bytes() {
    byte[] frame = whole(0, payload.length, true, true);
    int length = frame.length - l4();
    put(frame, l4() + checksumOffset(), ~Frames.checksum(pseudo(length)) & 0xffff);
    return frame;
  }

  /** The complete frames that it becomes. */
  List<byte[]> finished() {
    List<byte[]> frames = new ArrayList<>();
    int step = segment == 0 ? Integer.MAX_VALUE : segment;
    int at = 0;
    do {
      int length = Math.min(step, payload.length - at);
      frames.add(whole(at, length, at == 0, at + length == payload.length));
      at += length;
    } while (at < payload.length);
    for (int i = 0; i < frames.size() && segment > 0; i++) {
      number(frames.get(i), i);
    }
    frames.forEach(this::complete);
    return frames;
  }

  private byte[] whole(int at, int length, boolean first, boolean last) {
    int visible = flags & (first ? -1 : ~CWR) & (last ? -1 : ~(FIN | PSH));
    byte[] data = Arrays.copyOfRange(payload, at, at + length);
    byte[] transport =
        tcp
            ? Frames.join(
                Frames.u16(1000),
                Frames.u16(2000),
                ByteBuffer.allocate(8).putInt(SEQUENCE + at).putInt(77).array(),
                Frames.octets(((20 + options.length) / 4) << 4, visible, 1, 2, 0, 0, 0, 0),
                options,
                data)
            : Frames.join(
                Frames.u16(1000), Frames.u16(2000), Frames.u16(8 + length), Frames.u16(0), data);
    byte[] packet =
        ipv6
            ? Frames.ipv6(
                IP6_A, IP6_B, between.length > 0 ? 60 : protocol(), Frames.join(between, transport))
            : Frames.ipv4(IP_A, IP_B, protocol(), 0x4000, between, transport);
    if (!ipv6) {
      number(packet, 0, 0);
    }
    byte[] frame = Frames.ethernet(MAC_B, MAC_A, ipv6 ? 0x86dd : 0x800, packet);
    return tag < 0 ? frame : Frames.tagged(tag, frame);
  }

  private void number(byte[] frame, int number) {
    if (!ipv6) {
      number(frame, l3(), number);
    }
  }

  private void number(byte[] bytes, int ip, int number) {
    put(bytes, ip + 4, ID + number);
    put(bytes, ip + 10, 0);
    int end = ip + 20 + between.length;
    put(bytes, ip + 10, Frames.checksum(Arrays.copyOfRange(bytes, ip, end)));
  }

  private void complete(byte[] frame) {
    byte[] transport = Arrays.copyOfRange(frame, l4(), frame.length);
    int checksum = Frames.checksum(Frames.join(pseudo(transport.length), transport));
    put(frame, l4() + checksumOffset(), checksum == 0 ? 0xffff : checksum);
  }

  private byte[] pseudo(int length) {
    return ipv6
        ? Frames.join(
            Frames.ip(IP6_A),
            Frames.ip(IP6_B),
            ByteBuffer.allocate(8).putInt(length).putInt(protocol()).array())
        : Frames.join(Frames.ip(IP_A), Frames.ip(IP_B), Frames.u16(protocol()), Frames.u16(length));
  }

  private static void put(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >>> 8);
    bytes[at + 1] = (byte) value;
  }

  @Override
  public String toString() {
    return (ipv6 ? "IPv6 " : "IPv4 ")
        + (tcp ? "TCP" : "UDP")
        + ", %d between, %d options, flags %#x, tag %d, segment %d, payload %d"
            .formatted(between.length, options.length, flags, tag, segment, payload.length);
  }
}
