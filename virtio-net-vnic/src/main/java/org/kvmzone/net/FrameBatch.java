package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.LostMemory;
import org.kvmzone.bridge.memory.Pages;
import org.kvmzone.bridge.virtqueue.SingleBuffers;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.MacAddress;

/**
 * Frames on their way: of each a private copy of its beginning, which nobody can change after it
 * was checked, and the rest where it lies in the sender's memory. Filled again and again.
 *
 * <p>A slot holds the virtio-net header of a frame without offloads in one buffer (zeros, and
 * num_buffers 1) and then the copied bytes, with room for the longest frame, so that both can be
 * handed on at once. One thread fills a batch; any number may read it until it is cleared.
 */
final class FrameBatch {
  /** The most frames that are handed on at once: as many as a long has bits to choose them with. */
  static final int MAX_FRAMES = 64;

  private static final ValueLayout.OfLong BE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt BE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int LINE = 64;

  /** The last 8 bytes of a header: num_buffers is 1. */
  private static final long ONE_BUFFER = 1L << 48;

  private static final Buffers NOTHING = new Buffers();

  private final MemorySegment memory;
  private final int longest;
  private final long stride;
  private final int[] captured;
  private final int[] lengths;
  private final long[] destinations;
  private final Buffers[] rests;
  private int size;

  /** Where the rests of frames are that were copied with another tag. */
  private @Nullable FrameBatch origin;

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
    memory = Pages.allocate(capacity * stride, Arena.ofAuto());
    captured = new int[capacity];
    lengths = new int[capacity];
    destinations = new long[capacity];
    rests = new Buffers[capacity];
    Arrays.fill(rests, NOTHING); // whole frames have none, and a backlog has no others
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

  /** Forgets all frames but the first {@code count}. */
  void keep(int count) {
    size = count;
  }

  /**
   * Copies a driver's header and the beginning of the frame behind it to slot {@link #size},
   * without adding the frame yet.
   *
   * @param source holds both, from its beginning on
   * @param header bytes of the header, up to {@value VirtioNet#HEADER}
   * @param length bytes of the frame, up to {@link #longest}
   */
  void stage(Buffers source, int header, int length) {
    int head = Math.min(length, Frame.HEAD);
    source.copyTo(0, memory, frameAt(size) - header, (long) header + head);
    if (head < length) {
      restOfNext().setSlice(source, (long) header + head, length - head);
    }
    captured[size] = head;
    lengths[size] = length;
  }

  /** The same of a header and a frame in one piece of memory, from {@code at} on. */
  void stage(MemorySegment source, long at, int header, int length) {
    int head = Math.min(length, Frame.HEAD);
    MemorySegment.copy(source, at, memory, frameAt(size) - header, (long) header + head);
    if (head < length) {
      restOfNext().set(source, at + header + head, length - head);
    }
    captured[size] = head;
    lengths[size] = length;
  }

  /**
   * Copies the headers of a driver's frames and the beginnings of the frames behind them to the
   * first slots, without adding the frames yet: as many as are no shorter than an Ethernet header
   * and no longer than {@code most} bytes.
   *
   * @param source holds each from its beginning on
   * @param header bytes of each header, up to {@value VirtioNet#HEADER}
   * @return how many
   */
  int stageEach(SingleBuffers source, int count, int header, int most) {
    MemorySegment from = source.memory();
    for (int i = 0; i < count; i++) {
      long length = source.length(i) - header;
      if (length < VirtioNet.ETHERNET || length > most) {
        return i;
      }
      long at = source.offset(i);
      int head = (int) Math.min(length, Frame.HEAD);
      MemorySegment.copy(from, at, memory, frameAt(i) - header, (long) header + head);
      if (head < length) {
        restOf(i).set(from, at + header + head, length - head);
      }
      captured[i] = head;
      lengths[i] = (int) length;
    }
    return count;
  }

  /** Adds the first {@code count} of the frames that were staged together. */
  void addStaged(int count) {
    for (int i = 0; i < count; i++) {
      describe(i);
    }
    size = count;
  }

  private Buffers restOfNext() {
    return restOf(size);
  }

  private Buffers restOf(int frame) {
    if (rests[frame] == NOTHING) {
      rests[frame] = new Buffers();
    }
    return rests[frame];
  }

  /**
   * Whether the header that was staged in a slot, {@code header} bytes long, asks nothing of us: no
   * checksum, no segmentation.
   */
  boolean asksNothing(int frame, int header) {
    long at = frameAt(frame) - header;
    return (memory.get(ValueLayout.JAVA_BYTE, at + VirtioNet.FLAGS) & VirtioNet.NEEDS_CSUM) == 0
        && memory.get(ValueLayout.JAVA_BYTE, at + VirtioNet.GSO_TYPE) == VirtioNet.GSO_NONE;
  }

  /** How many of the frames that were staged together have such a header, from the first on. */
  int askingNothing(int count, int header) {
    for (int i = 0; i < count; i++) {
      if (!asksNothing(i, header)) {
        return i;
      }
    }
    return count;
  }

  /** Copies the rest of the frame in slot {@code frame} too; what was copied is not read again. */
  void captureWhole(int frame) {
    Buffers rest = rest(frame);
    rest.copyTo(0, memory, frameAt(frame) + captured[frame], rest.bytes());
    captured[frame] = lengths[frame];
  }

  /** Adds the frame that was staged. */
  void addStaged() {
    describe(size);
    size++;
  }

  private void describe(int frame) {
    long at = headerAt(frame);
    memory.set(LE64, at, 0);
    memory.set(LE64, at + Integer.BYTES, ONE_BUFFER);
    destinations[frame] = memory.get(BE64, frameAt(frame)) >>> 16;
  }

  /** Adds a frame whose {@code length} bytes were written to slot {@link #size} from outside. */
  void addWhole(int length) {
    captured[size] = length;
    lengths[size] = length;
    addStaged();
  }

  /** Makes slot {@code frame} a whole copy of a frame of another batch. */
  void setCopy(int frame, FrameBatch other, int otherFrame) {
    int head = other.captured[otherFrame];
    long at = frameAt(frame);
    MemorySegment.copy(other.memory, other.frameAt(otherFrame), memory, at, head);
    Buffers rest = other.rest(otherFrame);
    rest.copyTo(0, memory, at + head, rest.bytes());
    describe(frame);
    captured[frame] = other.lengths[otherFrame];
    lengths[frame] = other.lengths[otherFrame];
  }

  /** From the beginning of a slot to that of the next, bytes. */
  long stride() {
    return stride;
  }

  /** Bytes of each frame, by slot; to be read only. */
  int[] lengths() {
    return lengths;
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
    return captured[frame] == lengths[frame] ? NOTHING : rests[frame];
  }

  /** Whether the frame goes to a group of stations, or to all. */
  boolean isMulticast(int frame) {
    return MacAddress.isMulticast(destinations[frame]);
  }

  /** The MAC address that the frame goes to. */
  long destination(int frame) {
    return destinations[frame];
  }

  /** The MAC address that the frame says it comes from. */
  long source(int frame) {
    return memory.get(BE64, frameAt(frame) + 6) >>> 16;
  }

  /** The same, and the EtherType in the 16 bits below it: a tag's, if there is one. */
  long sourceAndType(int frame) {
    return memory.get(BE64, frameAt(frame) + 6);
  }

  /**
   * What a frame says behind an EtherType that begins a tag: the tag above, the EtherType behind it
   * below, 16 bits each.
   */
  int tagAndType(int frame) {
    return memory.get(BE32, frameAt(frame) + VlanTag.OFFSET + Short.BYTES);
  }

  /**
   * Makes slot {@code frame} a frame of another batch with another tag, or without. Only its
   * beginning is copied: the other batch stays as it is for as long as this frame is used.
   *
   * @param cut bytes of the tag that it has, which goes
   * @param tag that it gets, or {@link VlanTag#NONE}
   */
  void setTagged(int frame, FrameBatch other, int otherFrame, int cut, int tag) {
    origin = other;
    long at = frameAt(frame);
    long from = other.frameAt(otherFrame);
    MemorySegment.copy(other.memory, from, memory, at, VlanTag.OFFSET);
    long behind = at + VlanTag.OFFSET;
    if (tag != VlanTag.NONE) {
      memory.set(BE32, behind, (EtherType.VLAN << 16) | tag);
      behind += VlanTag.LENGTH;
    }
    int head = Math.min(other.captured[otherFrame], Frame.HEAD);
    int skip = VlanTag.OFFSET + cut;
    MemorySegment.copy(other.memory, from + skip, memory, behind, head - skip);
    captured[frame] = (int) (behind - at) + head - skip;
    int rest = other.lengths[otherFrame] - head;
    lengths[frame] = captured[frame] + rest;
    if (rest > 0 && other.captured[otherFrame] > head) { // captured whole
      restOf(frame).set(other.memory, from + head, rest);
    } else if (rest > 0) {
      restOf(frame).setSlice(other.rest(otherFrame), 0, rest);
    }
    describe(frame);
  }

  /** Makes each frame one from where it goes to where it comes from. */
  void swapAddresses() {
    for (int i = 0; i < size; i++) {
      long at = frameAt(i);
      long destination = destinations[i];
      long source = source(i);
      memory.set(BE64, at, (source << 16) | (destination >>> 32));
      memory.set(BE32, at + 8, (int) destination);
      destinations[i] = source;
    }
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
   * Copies frames, each behind a header of {@code header} bytes that says that there is one buffer,
   * into buffers that have room for both.
   *
   * @param frames a bit for each, of which the first {@code count} are copied
   */
  void copyEach(long frames, int count, int header, SingleBuffers target) {
    MemorySegment to = target.memory();
    long left = frames;
    for (int i = 0; i < count; i++, left &= left - 1) {
      int frame = Long.numberOfTrailingZeros(left);
      int head = captured[frame];
      long at = target.offset(i);
      if (header != VirtioNet.HEADER) { // without num_buffers
        MemorySegment.copy(memory, headerAt(frame), to, at, header);
        MemorySegment.copy(memory, frameAt(frame), to, at + header, head);
      } else if (to.get(LE64, at) == 0 && to.get(LE64, at + Integer.BYTES) == ONE_BUFFER) {
        // Drivers use buffers again, and the header often has a line of its own: one less to take.
        MemorySegment.copy(memory, frameAt(frame), to, at + header, head);
      } else {
        MemorySegment.copy(memory, headerAt(frame), to, at, (long) header + head);
      }
      int length = lengths[frame];
      if (head < length) {
        rests[frame].copyTo(0, to, at + header + head, length - head);
      }
    }
  }

  /**
   * Whether the sender's memory can still be read: asked after a copy failed, to know which side's
   * memory is gone.
   */
  boolean isReadable() {
    if (origin != null) {
      return origin.isReadable();
    }
    try {
      for (int i = 0; i < size; i++) {
        rest(i).copyTo(0, memory, frameAt(i) + captured[i], rest(i).bytes());
      }
      LostMemory.report();
      return true;
    } catch (InternalError | IllegalStateException gone) {
      return false;
    }
  }
}
