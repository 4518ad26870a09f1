package org.kvmzone.bench.bare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** What guests send each other, and how it lies in their memory. */
public enum GuestTraffic {
  /** 64 bytes, in one buffer: every guest sends to the next one, the last one to the first. */
  DATAGRAMS(2048, 1),

  /**
   * A TCP stream in frames of 64 KiB that are yet to be cut: headers, and two buffers of up to 32
   * KiB, as Linux lays them; received in pages. The first guest sends to the second.
   */
  STREAM(4096, 16);

  private static final int DATAGRAM = 64;
  private static final int EXTENT = 32 << 10;

  /** VIRTIO_NET_F_CSUM, GUEST_CSUM, GUEST_TSO4 and HOST_TSO4, virtio 1.3 §5.1.3. */
  private static final long OFFLOADS = 1 | 1 << 1 | 1 << 7 | 1 << 11;

  final int bufferBytes;
  final int buffersEach;

  GuestTraffic(int bufferBytes, int buffersEach) {
    this.bufferBytes = bufferBytes;
    this.buffersEach = buffersEach;
  }

  /** As on a command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The traffic of such a word; as {@link Enum#valueOf}. */
  static GuestTraffic of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  /** How many of so many guests send. */
  int senders(int guests) {
    return this == DATAGRAMS ? guests : 1;
  }

  /** What has to be agreed on. */
  long features() {
    return Handshake.MRG_RXBUF | (this == STREAM ? OFFLOADS : 0);
  }

  /** A frame, behind its virtio-net header. */
  byte[] frame(int to, int from) {
    return this == STREAM ? SentFrames.stream(to, from) : SentFrames.datagram(to, from, DATAGRAM);
  }

  /** A new copy of a frame in a guest's memory. */
  List<Piece> pieces(GuestRam ram, byte[] frame) {
    if (this == DATAGRAMS) {
      return List.of(ram.readable(frame));
    }
    List<Piece> pieces = new ArrayList<>();
    int at = SentFrames.STREAM_HEADERS;
    pieces.add(ram.readable(Arrays.copyOf(frame, at)));
    for (; at < frame.length; at += EXTENT) {
      int end = Math.min(at + EXTENT, frame.length);
      pieces.add(ram.readable(Arrays.copyOfRange(frame, at, end)));
    }
    return pieces;
  }
}
