package org.kvmzone.bench.bare;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.kvmzone.packet.testing.Frames;

/**
 * Frames that a guest sends, behind their virtio-net header (virtio 1.3 §5.1.6): of the addresses
 * that link protection is told of, from a network that is for such tests, RFC 2544 appendix C.
 */
final class SentFrames {
  /** What each piece of a stream carries that is cut for an MTU of 1500, with timestamps. */
  static final int SEGMENT = 1448;

  /** As many whole pieces as one frame has room for, IPv4 having 16 bits for its length. */
  private static final int SEGMENTS = 45;

  private static final int NEEDS_CSUM = 1;
  private static final int GSO_TCPV4 = 1;
  private static final int ETHERNET = 14;
  private static final int IPV4 = 20;
  private static final int UDP = 8;
  private static final int TCP = 32; // with timestamps
  private static final int TCP_CHECKSUM = 16;
  private static final int TCP_PROTOCOL = 6;

  /** Of a frame of {@link #stream}, all headers, that of virtio too. */
  static final int STREAM_HEADERS = NetHeader.BYTES + ETHERNET + IPV4 + TCP;

  private SentFrames() {}

  /** The address of a port, as testpmd's have them here. */
  private static String mac(int port) {
    return "02:00:00:00:00:%02x".formatted(port + 1);
  }

  /**
   * A datagram, with nothing left undone.
   *
   * @param bytes of the frame, from the Ethernet header on
   */
  static byte[] datagram(int to, int from, int bytes) {
    byte[] payload = new byte[bytes - ETHERNET - IPV4 - UDP];
    byte[] frame = Frames.udpFrame(mac(to), mac(from), "198.18.0.1", "198.18.0.2", 9, 9, payload);
    return Frames.join(new byte[NetHeader.BYTES], frame);
  }

  /** As much of a TCP stream as Linux leaves to be cut, 65 226 bytes, its checksum undone. */
  static byte[] stream(int to, int from) {
    byte[] tcp = new byte[TCP + SEGMENTS * SEGMENT];
    ByteBuffer.wrap(tcp)
        .putShort((short) 9)
        .putShort((short) 9)
        .putLong(0) // sequence and acknowledgement
        .putShort((short) 0x8010) // eight words of header, ACK
        .putShort((short) 0xffff)
        .putInt(0)
        .putInt(0x0101080a); // two blanks, and timestamps, RFC 7323 §3.2
    for (int i = TCP; i < tcp.length; i++) {
      tcp[i] = (byte) (i * 31);
    }
    byte[] packet = Frames.ipv4("198.18.0.1", "198.18.0.2", TCP_PROTOCOL, tcp);
    byte[] header =
        ByteBuffer.allocate(NetHeader.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) NEEDS_CSUM)
            .put((byte) GSO_TCPV4)
            .putShort((short) (ETHERNET + IPV4 + TCP))
            .putShort((short) SEGMENT)
            .putShort((short) (ETHERNET + IPV4))
            .putShort((short) TCP_CHECKSUM)
            .array();
    return Frames.join(header, Frames.ethernet(mac(to), mac(from), 0x0800, packet));
  }
}
