package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.LostMemory;
import org.kvmzone.packet.Frame;

/**
 * Frames on their way: of each a private copy of its beginning, which nobody can change after it
 * was checked, and the rest where it lies in the sender's memory. Filled again and again.
 *
 * <p>A slot holds {@value VirtioNet#HEADER} zero bytes (the virtio-net header of a frame without
 * offloads, as a tap wants it) and then the copied bytes, with room for the longest frame. One
 * thread fills a batch; any number may read it until it is cleared.
 */
final class FrameBatch {
  /** The most frames that are handed on at once: as many as a long has bits to choose them with. */
  static final int MAX_FRAMES = 64;

  private static final ValueLayout.OfLong BE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final int LINE = 64;

  private final MemorySegment memory;
  private final int longest;
  private final long stride;
  private final int[] captured;
  private final int[] lengths;
  private final Buffers[] rests;
  private int size;

  /**
   * An empty batch.
   *
   * @param capacity frames
   * @param longest the longest frame, bytes
   */
  FrameBatch(int capacity, int longest) {
    this.longest = longest;
    // An odd number of cache lines, so that the slots' heads don't all fall into one set; and room
    // for a byte more than a frame may have, to see that it has more.
    stride = ((VirtioNet.HEADER + longest + 1 + LINE - 1) / LINE | 1) * (long) LINE;
    // Not closed by hand: another thread may be reading the last batch of a device that is gone.
    memory = Arena.ofAuto().allocate(capacity * stride, LINE);
    captured = new int[capacity];
    lengths = new int[capacity];
    rests = new Buffers[capacity];
    for (int i = 0; i < capacity; i++) {
      rests[i] = new Buffers();
    }
  }

  int capacity() {
    return lengths.length;
  }

  /** Bytes of the longest frame that fits. */
  int longest() {
    return longest;
  }

  /** Frames added since {@link #clear}. */
  int size() {
    return size;
  }

  /** A long with a bit for each frame. */
  long all() {
    return size == 0 ? 0 : -1L >>> (MAX_FRAMES - size);
  }

  void clear() {
    size = 0;
  }

  /**
   * Copies the beginning of a frame to slot {@link #size}, without adding it yet.
   *
   * @param source holds the frame
   * @param position where it begins in there
   * @param length bytes, up to {@link #longest}
   */
  void stage(Buffers source, long position, int length) {
    stage(source, position, length, Math.min(length, Frame.HEAD));
  }

  private void stage(Buffers source, long position, int length, int head) {
    source.copyTo(position, memory, frameAt(size), head);
    rests[size].setSlice(source, position + head, length - head);
    captured[size] = head;
    lengths[size] = length;
  }

  /** Copies the rest of the frame in slot {@code frame} too; what was copied is not read again. */
  void captureWhole(int frame) {
    Buffers rest = rests[frame];
    rest.copyTo(0, memory, frameAt(frame) + captured[frame], rest.bytes());
    rest.clear();
    captured[frame] = lengths[frame];
  }

  /** Adds the frame that was staged. */
  void addStaged() {
    size++;
  }

  /** Adds a frame whose {@code length} bytes were written to slot {@link #size} from outside. */
  void addWhole(int length) {
    rests[size].clear();
    captured[size] = length;
    lengths[size] = length;
    size++;
  }

  /** Makes slot {@code frame} a whole copy of a frame of another batch. */
  void setCopy(int frame, FrameBatch other, int otherFrame) {
    int head = other.captured[otherFrame];
    long at = frameAt(frame);
    MemorySegment.copy(other.memory, other.frameAt(otherFrame), memory, at, head);
    Buffers rest = other.rests[otherFrame];
    rest.copyTo(0, memory, at + head, rest.bytes());
    rests[frame].clear();
    captured[frame] = other.lengths[otherFrame];
    lengths[frame] = other.lengths[otherFrame];
  }

  /** The memory that the slots lie in. */
  MemorySegment memory() {
    return memory;
  }

  /** Where the header in slot {@code frame} begins in {@link #memory}. */
  long headerAt(int frame) {
    return frame * stride;
  }

  /** Where the frame in slot {@code frame} begins in {@link #memory}. */
  long frameAt(int frame) {
    return frame * stride + VirtioNet.HEADER;
  }

  /** Bytes of the frame. */
  int length(int frame) {
    return lengths[frame];
  }

  /** Bytes of the frame that were copied. */
  int captured(int frame) {
    return captured[frame];
  }

  /** What follows the copied bytes, in the sender's memory. */
  Buffers rest(int frame) {
    return rests[frame];
  }

  /** The MAC address that the frame goes to. */
  long destination(int frame) {
    return memory.get(BE64, frameAt(frame)) >>> 16;
  }

  /** The MAC address that the frame says it comes from. */
  long source(int frame) {
    return memory.get(BE64, frameAt(frame) + 6) >>> 16;
  }

  /** Makes the frame one from where it goes to where it comes from. */
  void swapAddresses(int frame) {
    long at = frameAt(frame);
    long destination = memory.get(BE64, at) >>> 16;
    long source = memory.get(BE64, at + 6);
    // The second store covers the two bytes behind the source address, as they were.
    memory.set(BE64, at, (source & (-1L << 16)) | (destination >>> 32));
    memory.set(BE64, at + 6, (destination << 16) | (source & 0xffff));
  }

  /** Copies {@code length} bytes of a frame, from its byte {@code from} on, into other memory. */
  void copyTo(int frame, long from, Buffers target, long at, long length) {
    long head = Math.max(0, Math.min(length, captured[frame] - from));
    if (head > 0) {
      target.copyFrom(at, memory, frameAt(frame) + from, head);
    }
    if (head < length) {
      rests[frame].copyTo(from + head - captured[frame], target, at + head, length - head);
    }
  }

  /**
   * Whether the sender's memory can still be read: asked after a copy failed, to know which side's
   * memory is gone.
   */
  boolean isReadable() {
    try {
      for (int i = 0; i < size; i++) {
        rests[i].copyTo(0, memory, frameAt(i) + captured[i], rests[i].bytes());
      }
      LostMemory.report();
      return true;
    } catch (InternalError | IllegalStateException gone) {
      return false;
    }
  }
}
