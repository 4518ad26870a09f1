package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kvmzone.bridge.rehearsal.Rehearsal;
import org.kvmzone.packet.Checksum;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Headers;
import org.kvmzone.packet.IpProtocol;
import org.kvmzone.packet.MacAddress;

/**
 * What Linux guests send of TCP, between the addresses of {@link DiscardDatagram}: as much of a
 * stream as a driver leaves to be segmented, and what acknowledges one. Neither has its checksum.
 */
final class RehearsedTcp {
  /** Bytes of each piece behind the first, which is the headers. */
  static final int PIECE = 4096;

  private static final int PIECES = 15;

  /** Bytes of the stream in a frame. */
  static final int PAYLOAD = PIECE * PIECES;

  private static final int SEGMENT = 1448;
  private static final int TCP = Headers.ETHERNET_LENGTH + Headers.IPV4_LENGTH;
  private static final int TCP_LENGTH = 20;
  private static final int TCP_CHECKSUM = 16;
  private static final byte ACK = 0x10;

  private static final ValueLayout.OfShort BE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort LE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private RehearsedTcp() {}

  /** What acknowledges, behind its virtio-net header. */
  static Rehearsal.Piece acknowledgement(MacAddress destination, MacAddress source) {
    return Rehearsal.Piece.readable(headers(destination, source, 0));
  }

  /** A part of a stream behind its virtio-net header, in pieces. */
  static Rehearsal.Piece[] unsegmented(MacAddress destination, MacAddress source) {
    Rehearsal.Piece[] pieces = new Rehearsal.Piece[1 + PIECES];
    pieces[0] = Rehearsal.Piece.readable(headers(destination, source, PAYLOAD));
    for (int i = 1; i <= PIECES; i++) {
      pieces[i] = Rehearsal.Piece.readable(MemorySegment.ofArray(new byte[PIECE]));
    }
    return pieces;
  }

  private static MemorySegment headers(MacAddress destination, MacAddress source, int payload) {
    int frame = VirtioNet.HEADER;
    int tcp = frame + TCP;
    MemorySegment bytes = MemorySegment.ofArray(new byte[tcp + TCP_LENGTH]);
    bytes.set(ValueLayout.JAVA_BYTE, VirtioNet.FLAGS, (byte) VirtioNet.NEEDS_CSUM);
    if (payload > SEGMENT) {
      bytes.set(ValueLayout.JAVA_BYTE, VirtioNet.GSO_TYPE, (byte) VirtioNet.GSO_TCPV4);
      bytes.set(LE16, VirtioNet.HDR_LEN, (short) (TCP + TCP_LENGTH));
      bytes.set(LE16, VirtioNet.GSO_SIZE, (short) SEGMENT);
    }
    bytes.set(LE16, VirtioNet.CSUM_START, (short) TCP);
    bytes.set(LE16, VirtioNet.CSUM_OFFSET, (short) TCP_CHECKSUM);
    int length = TCP_LENGTH + payload;
    int from = DiscardDatagram.GUEST.value();
    int to = DiscardDatagram.STATION.value();
    Headers.ethernet(bytes, frame, destination.value(), source.value(), EtherType.IPV4);
    Headers.ipv4(bytes, frame + Headers.ETHERNET_LENGTH, from, to, IpProtocol.TCP, length);
    bytes.set(BE16, tcp, (short) 9);
    bytes.set(BE16, tcp + 2, (short) 9);
    bytes.set(ValueLayout.JAVA_BYTE, tcp + 12, (byte) ((TCP_LENGTH / 4) << 4));
    bytes.set(ValueLayout.JAVA_BYTE, tcp + 13, ACK);
    long pseudo = Checksum.pseudoHeader(from, to, IpProtocol.TCP, length);
    bytes.set(BE16, tcp + TCP_CHECKSUM, (short) ~Checksum.fold(pseudo));
    return bytes;
  }
}
