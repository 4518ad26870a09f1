package org.kvmzone.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The copied bytes of a frame. Public methods check every offset against what was copied; those of
 * the package rely on a check made before, and on the segment's own bounds.
 */
abstract sealed class CapturedBytes permits Frame {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private MemorySegment segment = MemorySegment.NULL;
  private long base;
  private int captured;
  private int length;

  final void take(MemorySegment segment, long offset, int captured, int wireLength) {
    Objects.checkFromIndexSize(offset, captured, segment.byteSize());
    if (captured > wireLength) {
      throw new IllegalArgumentException(
          captured + " bytes were copied of a frame of " + wireLength);
    }
    this.segment = segment;
    this.base = offset;
    this.captured = captured;
    this.length = wireLength;
  }

  /** The frame's length in bytes, without its check sequence. */
  public final int length() {
    return length;
  }

  /** How many bytes of the frame were copied and can be read. */
  public final int captured() {
    return captured;
  }

  /** The byte at an offset, or -1 if it was not copied. */
  public final int u8(int at) {
    return has(at, Byte.BYTES) ? byteAt(at) : -1;
  }

  /** The two bytes at an offset, or -1 if they were not copied. */
  public final int u16(int at) {
    return has(at, Short.BYTES) ? shortAt(at) : -1;
  }

  /** The MAC address at an offset, or -1 if it was not copied. */
  public final long mac(int at) {
    return has(at, MacAddress.LENGTH) ? macAt(at) : -1;
  }

  /** Half an IPv6 address at an offset, or zero if it was not copied. */
  public final long u64(int at) {
    return has(at, Long.BYTES) ? longAt(at) : 0;
  }

  /**
   * The Internet checksum over copied bytes (zero if they hold a right one), or -1 if they were not
   * all copied.
   *
   * @param sum what to start with: a pseudo header's sum, or zero
   */
  public final int checksum(long sum, int at, int size) {
    return has(at, size) ? Checksum.fold(Checksum.add(sum, segment, base + at, size)) : -1;
  }

  /**
   * Copies bytes of the frame out.
   *
   * @return whether all of them had been copied in; if not, nothing is written
   * @throws IndexOutOfBoundsException if they do not fit into the target
   */
  public final boolean copyTo(int at, int size, byte[] target, int targetOffset) {
    if (!has(at, size)) {
      return false;
    }
    MemorySegment.copy(segment, BYTE, base + at, target, targetOffset, size);
    return true;
  }

  private boolean has(int at, int size) {
    return at >= 0 && size >= 0 && at <= captured - size;
  }

  final int byteAt(int at) {
    return Byte.toUnsignedInt(segment.get(BYTE, base + at));
  }

  final int shortAt(int at) {
    return Short.toUnsignedInt(segment.get(SHORT, base + at));
  }

  final int intAt(int at) {
    return segment.get(INT, base + at);
  }

  final long longAt(int at) {
    return segment.get(LONG, base + at);
  }

  final long macAt(int at) {
    return (long) shortAt(at) << 32 | Integer.toUnsignedLong(intAt(at + 2));
  }
}
