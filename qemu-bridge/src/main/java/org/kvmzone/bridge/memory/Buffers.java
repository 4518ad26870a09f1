package org.kvmzone.bridge.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
  private MemorySegment[] segments = new MemorySegment[4];
  private long[] offsets = new long[4];
  private long[] lengths = new long[4];
  private int count;
  private long bytes;
  private long within; // set by locate

  /** An empty list. */
  public Buffers() {}

  /** Forgets all pieces. */
  public void clear() {
    count = 0;
    bytes = 0;
  }

  /** Adds a piece at the end; one of no length is not kept. */
  public void add(MemorySegment segment, long offset, long length) {
    if (length == 0) {
      return;
    }
    if (count == segments.length) {
      segments = Arrays.copyOf(segments, count * 2);
      offsets = Arrays.copyOf(offsets, count * 2);
      lengths = Arrays.copyOf(lengths, count * 2);
    }
    segments[count] = segment;
    offsets[count] = offset;
    lengths[count] = length;
    count++;
    bytes += length;
  }

  /** Makes this the run of {@code length} bytes that begins at {@code position} of another list. */
  public void setSlice(Buffers source, long position, long length) {
    clear();
    addSlice(source, position, length);
  }

  /** Adds the run of {@code length} bytes that begins at {@code position} of another list. */
  public void addSlice(Buffers source, long position, long length) {
    Objects.checkFromIndexSize(position, length, source.bytes);
    int i = source.locate(position);
    long skip = source.within;
    for (long done = 0; done < length; i++, skip = 0) {
      long take = Math.min(source.lengths[i] - skip, length - done);
      add(source.segments[i], source.offsets[i] + skip, take);
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
    return segments[Objects.checkIndex(index, count)];
  }

  /** Where in its segment piece {@code index} begins. */
  public long offset(int index) {
    return offsets[Objects.checkIndex(index, count)];
  }

  /** Bytes of piece {@code index}. */
  public long length(int index) {
    return lengths[Objects.checkIndex(index, count)];
  }

  /** The native address of piece {@code index}. */
  public long address(int index) {
    return segment(index).address() + offsets[index];
  }

  /** Copies {@code length} bytes from {@code position} on into a segment. */
  public void copyTo(long position, MemorySegment target, long targetOffset, long length) {
    Objects.checkFromIndexSize(position, length, bytes);
    int i = locate(position);
    long skip = within;
    for (long done = 0; done < length; i++, skip = 0) {
      long take = Math.min(lengths[i] - skip, length - done);
      MemorySegment.copy(segments[i], offsets[i] + skip, target, targetOffset + done, take);
      done += take;
    }
  }

  /** Copies {@code length} bytes of a segment to {@code position} on. */
  public void copyFrom(long position, MemorySegment source, long sourceOffset, long length) {
    Objects.checkFromIndexSize(position, length, bytes);
    int i = locate(position);
    long skip = within;
    for (long done = 0; done < length; i++, skip = 0) {
      long take = Math.min(lengths[i] - skip, length - done);
      MemorySegment.copy(source, sourceOffset + done, segments[i], offsets[i] + skip, take);
      done += take;
    }
  }

  /** Copies {@code length} bytes from {@code position} on to another list. */
  public void copyTo(long position, Buffers target, long targetPosition, long length) {
    Objects.checkFromIndexSize(position, length, bytes);
    int i = locate(position);
    long skip = within;
    for (long done = 0; done < length; i++, skip = 0) {
      long take = Math.min(lengths[i] - skip, length - done);
      target.copyFrom(targetPosition + done, segments[i], offsets[i] + skip, take);
      done += take;
    }
  }

  /** Sets {@code length} bytes from {@code position} on to zero. */
  public void zero(long position, long length) {
    Objects.checkFromIndexSize(position, length, bytes);
    int i = locate(position);
    long skip = within;
    for (long done = 0; done < length; i++, skip = 0) {
      long take = Math.min(lengths[i] - skip, length - done);
      segments[i].asSlice(offsets[i] + skip, take).fill((byte) 0);
      done += take;
    }
  }

  /** The byte at {@code position}. */
  public byte byteAt(long position) {
    Objects.checkIndex(position, bytes);
    int i = locate(position);
    return segments[i].get(ValueLayout.JAVA_BYTE, offsets[i] + within);
  }

  /** Sets the byte at {@code position}. */
  public void setByte(long position, byte value) {
    Objects.checkIndex(position, bytes);
    int i = locate(position);
    segments[i].set(ValueLayout.JAVA_BYTE, offsets[i] + within, value);
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
      Iovec.set(array, i, address(from + i), lengths[from + i]);
    }
    return number;
  }

  /** The piece that a position lies in; {@code within} becomes the position in that piece. */
  private int locate(long position) {
    long skip = position;
    int i = 0;
    while (i < count && skip >= lengths[i]) {
      skip -= lengths[i++];
    }
    within = skip;
    return i;
  }
}
