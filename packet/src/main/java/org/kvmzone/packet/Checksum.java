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

  private static final ValueLayout.OfLong LE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Octets that are added up together. */
  private static final int BLOCK = 32;

  private static final long HALF = 0xffff_ffffL;

  private Checksum() {}

  /**
   * Adds bytes to a running sum. Only the last piece of several may have an odd length: its missing
   * octet counts as zero.
   *
   * @param length up to 64 KiB in all pieces together
   */
  public static long add(long sum, MemorySegment segment, long offset, long length) {
    long at = offset;
    long end = offset + length;
    long total = sum;
    if (length >= 2 * BLOCK) {
      long blocks = length / BLOCK * BLOCK;
      total += swapped(blocks(segment, offset, blocks));
      at += blocks;
    }
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

  /**
   * The sum of whole blocks as this machine reads them: that of their octets in the other order
   * (RFC 1071 §2.B).
   */
  private static long blocks(MemorySegment segment, long offset, long length) {
    long low = 0;
    long high = 0;
    for (long at = offset; at < offset + length; at += BLOCK) {
      long first = segment.get(LE64, at);
      long second = segment.get(LE64, at + 8);
      long third = segment.get(LE64, at + 16);
      long fourth = segment.get(LE64, at + 24);
      low += (first & HALF) + (second & HALF) + (third & HALF) + (fourth & HALF);
      high += (first >>> 32) + (second >>> 32) + (third >>> 32) + (fourth >>> 32);
    }
    return low + high;
  }

  /**
   * A running sum with its octets in the other order: what pieces come to that begin behind an odd
   * number of octets (RFC 1071 §2.B).
   */
  public static long swapped(long sum) {
    int folded = ~fold(sum) & 0xffff;
    return ((folded << 8) | (folded >>> 8)) & 0xffffL;
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
