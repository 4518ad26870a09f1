package org.kvmzone.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The Internet checksum (RFC 1071). A running sum is kept in a {@code long}; {@link #fold} ends it.
 */
public final class Checksum {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private Checksum() {}

  /**
   * Adds bytes to a running sum. Only the last piece of several may have an odd length: its missing
   * octet counts as zero.
   *
   * @param length up to 64 KiB in all pieces together
   */
  public static long add(long sum, MemorySegment segment, long offset, long length) {
    long total = sum;
    long at = offset;
    long end = offset + length;
    for (; end - at >= Integer.BYTES; at += Integer.BYTES) {
      total += Integer.toUnsignedLong(segment.get(INT, at));
    }
    if (end - at >= Short.BYTES) {
      total += Short.toUnsignedLong(segment.get(SHORT, at));
      at += Short.BYTES;
    }
    if (at < end) {
      total += (long) Byte.toUnsignedInt(segment.get(ValueLayout.JAVA_BYTE, at)) << 8;
    }
    return total;
  }

  /** The sum of the pseudo header of UDP and TCP over IPv4 (RFC 768). */
  public static long pseudoHeader(int source, int destination, int protocol, int length) {
    return Integer.toUnsignedLong(source) + Integer.toUnsignedLong(destination) + protocol + length;
  }

  /** Ends a running sum: the 16 bits to be written. Zero when the bytes held a right checksum. */
  public static int fold(long sum) {
    long folded = (sum >>> 32) + (sum & 0xffff_ffffL);
    folded = (folded >>> 16) + (folded & 0xffff);
    folded = (folded >>> 16) + (folded & 0xffff);
    folded = (folded >>> 16) + (folded & 0xffff);
    return (int) (~folded & 0xffff);
  }

  /** The checksum of one piece. Zero when it holds a right one. */
  public static int of(MemorySegment segment, long offset, long length) {
    return fold(add(0, segment, offset, length));
  }
}
