package org.kvmzone.bridge.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.kvmzone.bridge.ffi.Iovec;

/**
 * Pieces of memory that together hold one run of bytes: the readable or the writable half of a
 * request, as Java's view of an iovec array. One object is filled again and again; it grows to the
 * largest list it has held and allocates nothing after that. Not safe for several threads.
 *
 * <p>Positions count bytes from the first piece's beginning. A position or length out of range is a
 * mistake of the caller's and an {@link IndexOutOfBoundsException}: lengths that a guest chose are
 * compared with {@link #bytes} before.
 */
public final class Buffers {
  private static final ValueLayout.OfLong LE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  // Most lists have one piece, so the first has fields of its own, on the line that count is on.
  private MemorySegment first = MemorySegment.NULL;
  private long firstOffset;
  private long firstLength;
  private int count;
  private long bytes;
  private MemorySegment[] segments = {}; // of the second piece and those behind it
  private long[] offsets = {};
  private long[] lengths = {};
  private long within; // set by locate

  /** An empty list. */
  public Buffers() {}

  /** Forgets all pieces. */
  public void clear() {
    count = 0;
    bytes = 0;
    firstLength = 0;
  }

  /** Adds a piece at the end; one of no length is not kept. */
  public void add(MemorySegment segment, long offset, long length) {
    if (length == 0) {
      return;
    }
    if (count == 0) {
      first = segment;
      firstOffset = offset;
      firstLength = length;
    } else {
      addBehind(segment, offset, length);
    }
    count++;
    bytes += length;
  }

  private void addBehind(MemorySegment segment, long offset, long length) {
    int at = count - 1;
    if (at == segments.length) {
      int more = Math.max(3, at * 2);
      segments = Arrays.copyOf(segments, more);
      offsets = Arrays.copyOf(offsets, more);
      lengths = Arrays.copyOf(lengths, more);
    }
    segments[at] = segment;
    offsets[at] = offset;
    lengths[at] = length;
  }

  /** Makes this one piece. */
  public void set(MemorySegment segment, long offset, long length) {
    clear();
    add(segment, offset, length);
  }

  /** Makes this the run of {@code length} bytes that begins at {@code position} of another list. */
  public void setSlice(Buffers source, long position, long length) {
    clear();
    addSlice(source, position, length);
  }

  /** Forgets the first {@code length} bytes. */
  public void removeFirst(long length) {
    Objects.checkIndex(length, bytes + 1);
    int whole = locate(length);
    long part = within;
    bytes -= length;
    count -= whole;
    for (int i = 0; whole > 0 && i < count; i++) {
      move(i + whole, i);
    }
    if (count == 0) {
      firstLength = 0;
    } else if (part > 0) {
      firstOffset += part;
      firstLength -= part;
    }
  }

  private void move(int from, int to) {
    if (to == 0) {
      first = segments[from - 1];
      firstOffset = offsets[from - 1];
      firstLength = lengths[from - 1];
    } else {
      segments[to - 1] = segments[from - 1];
      offsets[to - 1] = offsets[from - 1];
      lengths[to - 1] = lengths[from - 1];
    }
  }

  /** Adds the run of {@code length} bytes that begins at {@code position} of another list. */
  public void addSlice(Buffers source, long position, long length) {
    Objects.checkFromIndexSize(position, length, source.bytes);
    int i = source.locate(position);
    long skip = source.within;
    for (long done = 0; done < length; i++, skip = 0) {
      long take = Math.min(source.lengthOf(i) - skip, length - done);
      add(source.segmentOf(i), source.offsetOf(i) + skip, take);
      done += take;
    }
  }

  /** Number of pieces. */
  public int count() {
    return count;
  }

  /** Bytes in all pieces together. */
  public long bytes() {
    return bytes;
  }

  /** The segment that piece {@code index} lies in. */
  public MemorySegment segment(int index) {
    return segmentOf(Objects.checkIndex(index, count));
  }

  /** Where in its segment piece {@code index} begins. */
  public long offset(int index) {
    return offsetOf(Objects.checkIndex(index, count));
  }

  /** Bytes of piece {@code index}. */
  public long length(int index) {
    return lengthOf(Objects.checkIndex(index, count));
  }

  /** The native address of piece {@code index}. */
  public long address(int index) {
    return segment(index).address() + offsetOf(index);
  }

  /** Copies {@code length} bytes from {@code position} on into a segment. */
  public void copyTo(long position, MemorySegment target, long targetOffset, long length) {
    Objects.checkFromIndexSize(position, length, bytes);
    if (position + length <= firstLength) {
      MemorySegment.copy(first, firstOffset + position, target, targetOffset, length);
      return;
    }
    int i = locate(position);
    long skip = within;
    for (long done = 0; done < length; i++, skip = 0) {
      long take = Math.min(lengthOf(i) - skip, length - done);
      MemorySegment.copy(segmentOf(i), offsetOf(i) + skip, target, targetOffset + done, take);
      done += take;
    }
  }

  /** Copies {@code length} bytes of a segment to {@code position} on. */
  public void copyFrom(long position, MemorySegment source, long sourceOffset, long length) {
    Objects.checkFromIndexSize(position, length, bytes);
    if (position + length <= firstLength) {
      MemorySegment.copy(source, sourceOffset, first, firstOffset + position, length);
      return;
    }
    int i = locate(position);
    long skip = within;
    for (long done = 0; done < length; i++, skip = 0) {
      long take = Math.min(lengthOf(i) - skip, length - done);
      MemorySegment.copy(source, sourceOffset + done, segmentOf(i), offsetOf(i) + skip, take);
      done += take;
    }
  }

  /** Copies {@code length} bytes from {@code position} on to another list. */
  public void copyTo(long position, Buffers target, long targetPosition, long length) {
    Objects.checkFromIndexSize(position, length, bytes);
    int i = locate(position);
    long skip = within;
    for (long done = 0; done < length; i++, skip = 0) {
      long take = Math.min(lengthOf(i) - skip, length - done);
      target.copyFrom(targetPosition + done, segmentOf(i), offsetOf(i) + skip, take);
      done += take;
    }
  }

  /** Sets {@code length} bytes from {@code position} on to zero. */
  public void zero(long position, long length) {
    Objects.checkFromIndexSize(position, length, bytes);
    int i = locate(position);
    long skip = within;
    for (long done = 0; done < length; i++, skip = 0) {
      long take = Math.min(lengthOf(i) - skip, length - done);
      segmentOf(i).asSlice(offsetOf(i) + skip, take).fill((byte) 0);
      done += take;
    }
  }

  /** The byte at {@code position}. */
  public byte byteAt(long position) {
    Objects.checkIndex(position, bytes);
    int i = locate(position);
    return segmentOf(i).get(ValueLayout.JAVA_BYTE, offsetOf(i) + within);
  }

  /**
   * The 8 bytes from {@code position} on, as a little-endian number. Each byte is read once: who
   * may be changing them cannot make the number two things.
   */
  public long longAt(long position) {
    Objects.checkFromIndexSize(position, Long.BYTES, bytes);
    if (position + Long.BYTES <= firstLength) {
      return first.get(LE64, firstOffset + position);
    }
    long value = 0;
    for (int i = Long.BYTES - 1; i >= 0; i--) {
      value = value << Byte.SIZE | (byteAt(position + i) & 0xff);
    }
    return value;
  }

  /**
   * Some 8 bytes of the first piece, from {@code position} on if it reaches that far: to be read
   * for the sake of reading, so that they are near when they are needed.
   */
  public long touch(long position) {
    return position >= 0 && position + Long.BYTES <= firstLength
        ? first.get(LE64, firstOffset + position)
        : 0;
  }

  /** Sets the byte at {@code position}. */
  public void setByte(long position, byte value) {
    Objects.checkIndex(position, bytes);
    int i = locate(position);
    segmentOf(i).set(ValueLayout.JAVA_BYTE, offsetOf(i) + within, value);
  }

  /** Sets the last byte, of at least one. */
  public void setLastByte(byte value) {
    int last = Objects.checkIndex(count - 1, count);
    segmentOf(last).set(ValueLayout.JAVA_BYTE, offsetOf(last) + lengthOf(last) - 1, value);
  }

  /**
   * Writes pieces {@code from} and following as an iovec array.
   *
   * @param array native memory; as many pieces are written as it has room for
   * @return how many
   */
  public int toIovecs(int from, MemorySegment array) {
    int number = (int) Math.min(count - from, array.byteSize() / Iovec.LAYOUT.byteSize());
    for (int i = 0; i < number; i++) {
      Iovec.set(array, i, address(from + i), lengthOf(from + i));
    }
    return number;
  }

  /** The piece that a position lies in; {@code within} becomes the position in that piece. */
  private int locate(long position) {
    long skip = position;
    int i = 0;
    while (i < count && skip >= lengthOf(i)) {
      skip -= lengthOf(i++);
    }
    within = skip;
    return i;
  }

  private MemorySegment segmentOf(int i) {
    return i == 0 ? first : segments[i - 1];
  }

  private long offsetOf(int i) {
    return i == 0 ? firstOffset : offsets[i - 1];
  }

  private long lengthOf(int i) {
    return i == 0 ? firstLength : lengths[i - 1];
  }
}
