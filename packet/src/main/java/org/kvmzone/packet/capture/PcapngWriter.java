package org.kvmzone.packet.capture;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.kvmzone.packet.MacAddress;

/**
 * Writes the blocks of a pcapng file with one section and one interface, Ethernet, in
 * little-endian, times in nanoseconds (draft-ietf-opsawg-pcapng §4). In and out are as the
 * interface, the guest's NIC, has them.
 */
public final class PcapngWriter {
  static final int SECTION = 0x0a0d0d0a;
  static final int INTERFACE = 1;
  static final int STATISTICS = 5;
  static final int FRAME = 6;
  static final int BYTE_ORDER = 0x1a2b3c4d;
  static final int ETHERNET = 1;

  static final int COMMENT = 1;
  static final int FLAGS = 2; // epb_flags
  static final int QUEUE = 6; // epb_queue
  static final int DROP_COUNT = 4; // epb_dropcount
  static final int IFRECV = 4; // isb_ifrecv
  static final int IFDROP = 5; // isb_ifdrop
  static final int FILTER_ACCEPT = 6; // isb_filteraccept

  /** Room that a block takes besides its frame and its texts, bytes; more than any does. */
  private static final int FRAMING = 256;

  private static final int LONGEST_TEXT = 4096;
  private static final int ANY_KIND = -1;

  /** Which way a frame went. */
  public enum Direction {
    IN(1),
    OUT(2);

    private final int flag;

    Direction(int flag) {
      this.flag = flag;
    }
  }

  private final ByteBuffer out;

  /** Writes to a buffer, whose byte order becomes little-endian. */
  public PcapngWriter(ByteBuffer out) {
    this.out = out.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Bytes of room that {@link #begin} needs at most. */
  public static int beginning() {
    return 2 * FRAMING + 4 * LONGEST_TEXT;
  }

  /** Bytes of room that a frame with a comment needs at most. */
  public static int room(int captured) {
    return FRAMING + captured + LONGEST_TEXT;
  }

  /**
   * Begins the file: what writes it, and what is recorded.
   *
   * @param application that writes it
   * @param name the interface's
   * @param mac its address
   * @param filter of libpcap that chooses frames
   * @param snaplen bytes of a frame that are recorded at most
   */
  public void begin(
      String application, String name, MacAddress mac, Optional<String> filter, int snaplen) {
    int section = open(SECTION);
    out.putInt(BYTE_ORDER).putShort((short) 1).putShort((short) 0).putLong(-1);
    text(4, application); // shb_userappl
    endOptions();
    close(section);
    int described = open(INTERFACE);
    out.putShort((short) ETHERNET).putShort((short) 0).putInt(snaplen);
    text(2, name); // if_name
    option(6, MacAddress.LENGTH); // if_MACaddr
    for (int shift = 40; shift >= 0; shift -= 8) {
      out.put((byte) (mac.value() >>> shift));
    }
    pad();
    option(9, 1); // if_tsresol: 10^-9 s
    out.put((byte) 9);
    pad();
    filter.ifPresent(this::filter);
    endOptions();
    close(described);
  }

  /** if_filter: a byte 0 says that it is libpcap's language. */
  private void filter(String text) {
    byte[] bytes = bytes(text);
    option(11, 1 + bytes.length);
    out.put((byte) 0).put(bytes);
    pad();
  }

  /**
   * Writes a frame.
   *
   * @param nanos when it passed, since 1970
   * @param segment holds what was copied of it, {@code captured} bytes from {@code at} on
   * @param length bytes of the frame
   * @param queue that it passed, -1 if it is not known
   * @param missed how many frames before it, and behind the one written last, were not recorded
   * @param comment empty if there is none
   */
  public void frame(
      Direction direction,
      long nanos,
      MemorySegment segment,
      long at,
      int captured,
      int length,
      int queue,
      long missed,
      String comment) {
    int block = open(FRAME);
    out.putInt(0); // the interface
    time(nanos);
    out.putInt(captured).putInt(length);
    MemorySegment.copy(segment, at, MemorySegment.ofBuffer(out), 0, captured);
    int kind = reception(out, captured);
    out.position(out.position() + captured);
    pad();
    if (!comment.isEmpty()) {
      text(COMMENT, comment);
    }
    option(FLAGS, Integer.BYTES);
    out.putInt(direction.flag | Math.max(0, kind) << 2);
    if (missed > 0) {
      number(DROP_COUNT, missed);
    }
    if (queue >= 0) {
      option(QUEUE, Integer.BYTES);
      out.putInt(queue);
    }
    endOptions();
    close(block);
  }

  /** The reception type of epb_flags: 1 unicast, 2 multicast, 3 broadcast. */
  private static int reception(ByteBuffer frame, int captured) {
    if (captured < MacAddress.LENGTH) {
      return ANY_KIND;
    }
    long destination = 0;
    for (int i = 0; i < MacAddress.LENGTH; i++) {
      destination = destination << 8 | (frame.get(frame.position() + i) & 0xff);
    }
    if (destination == MacAddress.BROADCAST) {
      return 3;
    }
    return MacAddress.isMulticast(destination) ? 2 : 1;
  }

  /**
   * Ends the file: what came, and what of it is not there.
   *
   * @param begun when recording began, nanoseconds since 1970
   * @param ended when it ended
   * @param received frames that were to be recorded
   * @param missed those of them for which there was no room
   * @param accepted those that the filter, if there is one, let pass
   */
  public void end(long begun, long ended, long received, long missed, long accepted) {
    int block = open(STATISTICS);
    out.putInt(0);
    time(ended);
    option(2, Long.BYTES); // isb_starttime
    time(begun);
    option(3, Long.BYTES); // isb_endtime
    time(ended);
    number(IFRECV, received);
    number(IFDROP, missed);
    number(FILTER_ACCEPT, accepted);
    endOptions();
    close(block);
  }

  private int open(int type) {
    int at = out.position();
    out.putInt(type).putInt(0);
    return at;
  }

  /** A block's length is at its beginning and at its end. */
  private void close(int at) {
    int length = out.position() + Integer.BYTES - at;
    out.putInt(length);
    out.putInt(at + Integer.BYTES, length);
  }

  /** The upper half comes first, whatever the byte order. */
  private void time(long nanos) {
    out.putInt((int) (nanos >>> 32)).putInt((int) nanos);
  }

  private void option(int code, int length) {
    out.putShort((short) code).putShort((short) length);
  }

  private void number(int code, long value) {
    option(code, Long.BYTES);
    out.putLong(value);
  }

  private void text(int code, String text) {
    byte[] bytes = bytes(text);
    option(code, bytes.length);
    out.put(bytes);
    pad();
  }

  private static byte[] bytes(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > LONGEST_TEXT) {
      throw new IllegalArgumentException("a text has at most " + LONGEST_TEXT + " bytes");
    }
    return bytes;
  }

  /** Blocks begin at multiples of four, and so does all that is in them. */
  private void pad() {
    while (out.position() % Integer.BYTES != 0) {
      out.put((byte) 0);
    }
  }

  private void endOptions() {
    option(0, 0);
  }
}
