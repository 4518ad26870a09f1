package org.kvmzone.packet.capture;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import org.kvmzone.packet.Frame;

/** Reads what a {@link PcapngWriter} wrote, block by block. */
public final class PcapngReader {
  /** No block of ours is longer: a frame of 64 KiB, and texts. */
  private static final int LONGEST = 1 << 20;

  private static final int LEAST = 12;
  private static final int FRAME_HEADER = 28;
  private static final int STATISTICS_HEADER = 20;

  private final InputStream in;

  /** Reads from a stream, which the caller closes. */
  public PcapngReader(InputStream in) {
    this.in = in;
  }

  /**
   * A block, whole.
   *
   * @param bytes of it, its type and both lengths included
   */
  public record Block(ByteBuffer bytes) {
    /** Whether it is a frame. */
    public boolean isFrame() {
      return type() == PcapngWriter.FRAME && bytes.limit() >= FRAME_HEADER + Integer.BYTES;
    }

    /** Whether it is the last, which says what is not there. */
    public boolean isStatistics() {
      return type() == PcapngWriter.STATISTICS;
    }

    private int type() {
      return bytes.getInt(0);
    }

    /** When the frame passed, nanoseconds since 1970. */
    public long nanos() {
      return (long) bytes.getInt(12) << 32 | Integer.toUnsignedLong(bytes.getInt(16));
    }

    /** Which way the frame went. */
    public PcapngWriter.Direction direction() {
      OptionalLong flags = number(PcapngWriter.FLAGS);
      return (flags.orElse(0) & 3) == 1 ? PcapngWriter.Direction.IN : PcapngWriter.Direction.OUT;
    }

    /** What is said of the frame. */
    public Optional<String> comment() {
      return option(PcapngWriter.COMMENT)
          .map(value -> StandardCharsets.UTF_8.decode(value).toString());
    }

    /** Has a parser look at the frame. */
    public void wrap(Frame frame) {
      frame.wrap(MemorySegment.ofBuffer(bytes), FRAME_HEADER, captured(), bytes.getInt(24));
    }

    private boolean isWithinItself() {
      int room = bytes.limit() - FRAME_HEADER - Integer.BYTES;
      return captured() >= 0 && captured() <= Math.min(room, bytes.getInt(24));
    }

    private int captured() {
      return bytes.getInt(20);
    }

    /** How many frames were to be recorded, of the last block. */
    public long received() {
      return number(PcapngWriter.IFRECV).orElse(0);
    }

    /** How many of these found no room. */
    public long missed() {
      return number(PcapngWriter.IFDROP).orElse(0);
    }

    private OptionalLong number(int code) {
      Optional<ByteBuffer> value = option(code);
      if (value.isEmpty()) {
        return OptionalLong.empty();
      }
      ByteBuffer bytes = value.get();
      return OptionalLong.of(bytes.remaining() == Long.BYTES ? bytes.getLong() : bytes.getInt());
    }

    private Optional<ByteBuffer> option(int code) {
      int at = isFrame() ? FRAME_HEADER + (captured() + 3) / 4 * 4 : STATISTICS_HEADER;
      int end = bytes.limit() - Integer.BYTES;
      while (at + Integer.BYTES <= end) {
        int found = bytes.getShort(at);
        int length = bytes.getShort(at + 2) & 0xffff;
        if (found == code && at + Integer.BYTES + length <= end) {
          return Optional.of(
              bytes.slice(at + Integer.BYTES, length).order(ByteOrder.LITTLE_ENDIAN));
        }
        at += Integer.BYTES + (length + 3) / 4 * 4;
      }
      return Optional.empty();
    }
  }

  /**
   * The next block; none if there are no more. What ends in the middle of a block ends before it:
   * who wrote it was killed.
   *
   * @throws IOException if what comes is no pcapng
   */
  public Optional<Block> next() throws IOException {
    byte[] head = in.readNBytes(2 * Integer.BYTES);
    if (head.length < 2 * Integer.BYTES) {
      return Optional.empty();
    }
    int length = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getInt(Integer.BYTES);
    if (length < LEAST || length > LONGEST || length % Integer.BYTES != 0) {
      throw new IOException("what came is no pcapng: a block of " + length + " bytes");
    }
    byte[] all = new byte[length];
    System.arraycopy(head, 0, all, 0, head.length);
    try {
      if (in.readNBytes(all, head.length, length - head.length) < length - head.length) {
        return Optional.empty();
      }
    } catch (EOFException cut) {
      return Optional.empty();
    }
    Block block = new Block(ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN));
    if (block.isFrame() && !block.isWithinItself()) {
      throw new IOException("what came is no pcapng: a frame is longer than its block");
    }
    return Optional.of(block);
  }
}
