package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.packet.Checksum;

/**
 * Makes complete frames of one that is not: finishes its checksum, or cuts it into segments, each a
 * frame of the network's length with headers and a checksum of its own (virtio 1.3 §5.1.6.2; RFC
 * 9293 §3.7.1 has no word for it). Only headers are copied; what they are put before stays where it
 * is, in the sender's memory, until the segments themselves are copied.
 *
 * <p>The frame's header was checked ({@link OffloadCheck}), and its headers are a private copy. Its
 * payload is the sender's to change: then a checksum is wrong, and the sender's own frame lost.
 */
final class Segmenter {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final int IPV4_TOTAL_LENGTH = 2;
  private static final int IPV4_ID = 4;
  private static final int IPV4_CHECKSUM = 10;
  private static final int IPV6_PAYLOAD_LENGTH = 4;
  private static final int IPV6_LENGTH = 40;
  private static final int TCP_SEQUENCE = 4;
  private static final int TCP_FLAGS = 13;
  private static final int UDP_LENGTH = 4;

  /** Flags that the last segment alone has (RFC 9293 §3.1): FIN and PSH. */
  private static final int LAST_ONLY = 0x01 | 0x08;

  /** The flag that the first alone has (RFC 3168 §6.1.2): CWR. */
  private static final int FIRST_ONLY = 0x80;

  private final FrameBatch batch;
  private FrameBatch source;
  private int frame;
  private int gso;
  private int start; // of the checksum, as is offset
  private int offset;
  private int headers;
  private int segment;
  private int at; // how much of the source is done
  private int number; // of the next segment

  /** A segmenter of frames that become no longer than {@code longest} bytes. */
  Segmenter(int longest) {
    batch = new FrameBatch(FrameBatch.MAX_FRAMES, longest);
    source = batch;
  }

  /** What {@link #next} has made. */
  FrameBatch batch() {
    return batch;
  }

  /** Takes one frame at a time. */
  @FunctionalInterface
  interface Taker {
    /** Sends a frame, or loses and counts it; false if it does not take it for the moment. */
    boolean take(FrameBatch batch, int frame);
  }

  /**
   * Hands all on that becomes of a frame. If the first is taken, the frame is on its way: of the
   * others, what is not taken is lost.
   *
   * @return false if the first is not taken
   */
  boolean send(FrameBatch from, int slot, Taker taker, Drops drops) {
    begin(from, slot);
    boolean began = false;
    while (next()) {
      for (int i = 0; i < batch.size(); i++) {
        boolean taken = taker.take(batch, i);
        if (!taken && !began) {
          return false;
        }
        if (!taken) {
          drops.countOut(Drop.LINK_FULL, batch, i);
        }
        began = true;
      }
    }
    return true;
  }

  /** Turns to another frame; {@link #next} makes complete ones of it. */
  void begin(FrameBatch from, int slot) {
    source = from;
    frame = slot;
    at = 0;
    number = 0;
    MemorySegment memory = from.memory();
    long header = from.headerAt(slot);
    gso = NetHeader.gso(memory, header);
    start = NetHeader.checksumStart(memory, header);
    offset = NetHeader.checksumOffset(memory, header);
    headers = NetHeader.headers(memory, header);
    segment = NetHeader.segment(memory, header);
  }

  /** Fills {@link #batch} with the next frames; false if there are no more. */
  boolean next() {
    batch.clear();
    if (gso != VirtioNet.GSO_NONE) {
      int payload = source.length(frame) - headers;
      while (at < payload && batch.size() < batch.capacity()) {
        add(Math.min(segment, payload - at), payload);
      }
    } else if (number++ == 0) {
      addWhole();
    }
    return batch.size() > 0;
  }

  private void addWhole() {
    int head = Math.min(source.captured(frame), batch.room());
    batch.compose(source, frame, head, head, source.length(frame) - head);
    int flags = NetHeader.flags(source.memory(), source.headerAt(frame));
    if ((flags & VirtioNet.NEEDS_CSUM) != 0) {
      finish(batch, start, offset);
    }
    batch.addStaged();
  }

  private void add(int length, int payload) {
    batch.compose(source, frame, headers, headers + at, length);
    MemorySegment memory = batch.memory();
    long begin = batch.frameAt(batch.size());
    internet(memory, begin, length);
    if (gso == VirtioNet.GSO_UDP_L4) {
      memory.set(SHORT, begin + start + UDP_LENGTH, (short) (headers - start + length));
    } else {
      tcp(memory, begin + start, at + length == payload);
    }
    // The sender has put the sum of a pseudo header there, which has the length of all of it.
    long field = begin + start + offset;
    long sum = (memory.get(SHORT, field) & 0xffffL) + (~payload & 0xffff) + length;
    memory.set(SHORT, field, (short) ~Checksum.fold(sum));
    finish(batch, start, offset);
    batch.addStaged();
    at += length;
    number++;
  }

  /** The IP header of a frame: its length, and what IPv4 has besides. */
  private void internet(MemorySegment memory, long begin, int length) {
    int l3 = source.l3Offset(frame);
    long ip = begin + l3;
    int behind = headers + length - l3;
    if (source.isIpv6(frame)) {
      memory.set(SHORT, ip + IPV6_PAYLOAD_LENGTH, (short) (behind - IPV6_LENGTH));
      return;
    }
    int header = (memory.get(BYTE, ip) & 0xf) * 4;
    memory.set(SHORT, ip + IPV4_TOTAL_LENGTH, (short) behind);
    memory.set(SHORT, ip + IPV4_ID, (short) (memory.get(SHORT, ip + IPV4_ID) + number));
    memory.set(SHORT, ip + IPV4_CHECKSUM, (short) 0);
    memory.set(SHORT, ip + IPV4_CHECKSUM, (short) Checksum.of(memory, ip, header));
  }

  private void tcp(MemorySegment memory, long tcp, boolean last) {
    memory.set(INT, tcp + TCP_SEQUENCE, memory.get(INT, tcp + TCP_SEQUENCE) + at);
    int flags = memory.get(BYTE, tcp + TCP_FLAGS);
    flags &= number == 0 ? -1 : ~FIRST_ONLY;
    flags &= last ? -1 : ~LAST_ONLY;
    memory.set(BYTE, tcp + TCP_FLAGS, (byte) flags);
  }

  /**
   * Finishes the checksum of the frame that was staged: from {@code start} to the end, added to the
   * one that is {@code offset} bytes behind the start, which was copied.
   */
  static void finish(FrameBatch batch, int start, int offset) {
    int slot = batch.size();
    MemorySegment memory = batch.memory();
    long from = batch.frameAt(slot);
    int copied = batch.captured(slot);
    long sum = Checksum.add(0, memory, from + start, copied - start);
    long rest = sum(batch.rest(slot));
    sum += (copied - start) % 2 == 0 ? rest : Checksum.swapped(rest);
    int checksum = Checksum.fold(sum);
    // Zero says in UDP that there is none; the other zero is as good everywhere (RFC 768).
    memory.set(SHORT, from + start + offset, (short) (checksum == 0 ? 0xffff : checksum));
  }

  /** The sum of pieces, each of which may be of odd length. */
  private static long sum(Buffers pieces) {
    long sum = 0;
    long done = 0;
    for (int i = 0; i < pieces.count(); i++) {
      long length = pieces.length(i);
      long piece = Checksum.add(0, pieces.segment(i), pieces.offset(i), length);
      sum += done % 2 == 0 ? piece : Checksum.swapped(piece);
      done += length;
    }
    return sum;
  }
}
