package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.kvmzone.antispoof.Verdict;
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
 * <p>A slot holds the frame's virtio-net header and then the copied bytes, so that both can be
 * handed on at once. The header is ours, in one buffer (num_buffers is 1), and says of nearly every
 * frame that it is complete (zeros); else, in {@link #addAsking}'s words, what whoever takes it has
 * still to do. A slot has room for the longest frame of the network; of one that is still to be
 * segmented, which may be longer, only a part is ever copied. One thread fills a batch; any number
 * may read it until it is cleared.
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
  private static final ValueLayout.OfShort BE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final int LINE = 64;
  private static final int PAGE = 4096;

  /** The last 8 bytes of a header: num_buffers is 1. */
  private static final long ONE_BUFFER = 1L << 48;

  private static final Buffers NOTHING = new Buffers();

  private final MemorySegment memory;
  private final int room;
  private final int longest;
  private final long stride;
  private final int[] captured;
  private final int[] lengths;
  private final long[] destinations;
  private final Buffers[] rests;
  private int size;
  private long asking; // a bit for each frame that is not complete
  private @Nullable Segmenter segmenter;

  /** Whoever fills the batch wants to know which frames were lost: a bit for each, and why. */
  private boolean keepsLosses;

  private long lost;
  private final Drop[] losses = new Drop[MAX_FRAMES];

  private long ranked; // a bit for each frame of a flow with a priority of its own
  private final Priority[] priorities = new Priority[MAX_FRAMES]; // of these

  /** Where the rests of frames are that were copied with another tag. */
  private @Nullable FrameBatch origin;

  /**
   * An empty batch of frames that are not longer than the network's.
   *
   * @param capacity frames
   * @param longest the longest frame, bytes
   */
  FrameBatch(int capacity, int longest) {
    this(capacity, longest, longest);
  }

  /**
   * An empty batch.
   *
   * @param capacity frames
   * @param room how much of a frame can be copied, bytes: all of the network's longest
   * @param longest the longest frame, bytes
   */
  FrameBatch(int capacity, int room, int longest) {
    this.room = room;
    this.longest = longest;
    // An odd number of cache lines, so that the slots' heads don't all fall into one set; and room
    // for a byte more than a frame may have, to see that it has more.
    stride = ((VirtioNet.HEADER + room + 1 + LINE - 1) / LINE | 1) * (long) LINE;
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

  /** Bytes of the longest frame. */
  int longest() {
    return longest;
  }

  /** Bytes of the longest frame that can be copied whole. */
  int room() {
    return room;
  }

  /** Frames added since {@link #clear}. */
  int size() {
    return size;
  }

  /** A long with a bit for each frame. */
  long all() {
    return first(size);
  }

  /** A long with a bit for each of the first {@code count} frames. */
  static long first(int count) {
    return count == 0 ? 0 : -1L >>> (MAX_FRAMES - count);
  }

  /** Bytes of those frames that have their bit set. */
  long bytes(long frames) {
    if ((frames & (frames + 1)) == 0) { // the first ones, nearly always
      return bytesOfFirst(Long.bitCount(frames));
    }
    long sum = 0;
    for (long left = frames; left != 0; left &= left - 1) {
      sum += lengths[Long.numberOfTrailingZeros(left)];
    }
    return sum;
  }

  /** All of them are less than an int, and these the processor adds several at a time. */
  private int bytesOfFirst(int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      sum += lengths[i];
    }
    return sum;
  }

  /** Those of some frames that go to a group of stations, or to all. */
  long multicast(long frames) {
    long found = 0;
    for (long left = frames; left != 0; left &= left - 1) {
      if (isMulticast(Long.numberOfTrailingZeros(left))) {
        found |= Long.lowestOneBit(left);
      }
    }
    return found;
  }

  void clear() {
    size = 0;
    asking = 0;
    lost = 0;
    ranked = 0;
  }

  /** Whether who takes frames out of this batch is to say which of them it has dropped. */
  void keepLosses(boolean keep) {
    keepsLosses = keep;
  }

  /** A frame of this batch was dropped by who took it; whether that is of interest here. */
  boolean lose(int frame, Drop reason) {
    if (keepsLosses) {
      losses[frame] = reason;
      lost |= 1L << frame;
    }
    return keepsLosses;
  }

  /** What became of a frame that was taken. */
  Enum<?> fate(int frame) {
    return (lost >>> frame & 1) == 0 ? Verdict.PASS : losses[frame];
  }

  /** A frame, of no more than {@link #MAX_FRAMES}, is of a flow with a priority of its own. */
  void rank(int frame, Priority priority) {
    priorities[frame] = priority;
    ranked |= 1L << frame;
  }

  /** The priority of a frame's flow; null if it is the VNIC's. */
  @Nullable Priority priority(int frame) {
    return (ranked >>> frame & 1) == 0 ? null : priorities[frame];
  }

  /** Forgets all frames but the first {@code count}. */
  void keep(int count) {
    size = count;
    asking &= all();
    ranked &= all();
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
      // Apart: a copy of both would take the line behind a frame of 64 bytes, too.
      copyHeader(from, at, memory, frameAt(i) - header, header);
      MemorySegment.copy(from, at + header, memory, frameAt(i), head);
      if (head < length) {
        restOf(i).set(from, at + header + head, length - head);
      }
      captured[i] = head;
      lengths[i] = (int) length;
    }
    return count;
  }

  /** Copies a header, of ten bytes or twelve, as two longs that overlap. */
  private static void copyHeader(
      MemorySegment from, long at, MemorySegment to, long toAt, int length) {
    long second = (long) length - Long.BYTES;
    to.set(LE64, toAt, from.get(LE64, at));
    to.set(LE64, toAt + second, from.get(LE64, at + second));
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
    return NetHeader.asksNothing(memory, frameAt(frame) - header);
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

  /**
   * Copies the rest of the frame in slot {@code frame} too, or as much as there is {@link #room}
   * for; what was copied is not read again.
   */
  void capture(int frame) {
    if (captured[frame] == lengths[frame]) {
      return;
    }
    Buffers rest = rests[frame];
    long more = Math.min(rest.bytes(), (long) room - captured[frame]);
    rest.copyTo(0, memory, frameAt(frame) + captured[frame], more);
    rest.removeFirst(more);
    captured[frame] += (int) more;
  }

  /**
   * Composes a frame in slot {@link #size}, without adding it yet: a copy of the first {@code head}
   * bytes of another batch's frame, and behind it {@code length} bytes of that frame from {@code
   * from} on, where they lie.
   */
  void compose(FrameBatch other, int frame, int head, int from, int length) {
    MemorySegment.copy(other.memory, other.frameAt(frame), memory, frameAt(size), head);
    setRest(size, other, frame, from, length);
    captured[size] = head;
    lengths[size] = head + length;
  }

  private void setRest(int slot, FrameBatch other, int frame, int from, int length) {
    Buffers rest = restOf(slot);
    rest.clear();
    int copied = Math.max(0, Math.min(length, other.captured[frame] - from));
    rest.add(other.memory, other.frameAt(frame) + from, copied);
    rest.addSlice(other.rest(frame), Math.max(0L, from - other.captured[frame]), length - copied);
  }

  /** Adds the frame that was staged. */
  void addStaged() {
    describe(size);
    size++;
  }

  /**
   * Adds the frame that was staged, which is not complete: the checksum is to be computed from
   * {@code checksumStart} to the end, and to be added to the one that is in the frame {@code
   * checksumOffset} bytes behind that (virtio 1.3 §5.1.6.2).
   *
   * @param gso how the frame is to be segmented, if that is not GSO_NONE
   * @param header bytes of the headers that each segment gets
   * @param segment bytes of each segment besides
   */
  void addAsking(int gso, int header, int segment, int checksumStart, int checksumOffset) {
    long at = headerAt(size);
    asking |= 1L << size;
    addStaged();
    NetHeader.set(memory, at, gso, header, segment, checksumStart, checksumOffset);
  }

  /** Adds the frame that was staged, whose checksum somebody whom we trust has verified. */
  void addVerified() {
    long at = headerAt(size);
    asking |= 1L << size;
    addStaged();
    NetHeader.setFlags(memory, at, VirtioNet.DATA_VALID);
  }

  /** A bit for each frame whose header is not plain; of no more than {@link #MAX_FRAMES}. */
  long asking() {
    return asking;
  }

  /** Whether the frame is complete: its header is plain. */
  boolean isPlain(int frame) {
    return memory.get(LE64, headerAt(frame)) == 0; // flags and gso_type are in there
  }

  /** The header's gso_type. */
  int gso(int frame) {
    return NetHeader.gso(memory, headerAt(frame));
  }

  /** Whether the frame is still to be segmented. */
  boolean isUnsegmented(int frame) {
    return gso(frame) != VirtioNet.GSO_NONE;
  }

  /** The longest frame that this one becomes when it is segmented, bytes. */
  int wireLength(int frame) {
    long at = headerAt(frame);
    return isUnsegmented(frame)
        ? NetHeader.headers(memory, at) + NetHeader.segment(memory, at)
        : lengths[frame];
  }

  /** Where the Ethernet frame's payload begins: behind a VLAN tag if it has one. */
  int l3Offset(int frame) {
    int type = memory.get(BE16, frameAt(frame) + VirtioNet.ETHERNET - 2) & 0xffff;
    return type == EtherType.VLAN ? VirtioNet.OVERHEAD : VirtioNet.ETHERNET;
  }

  /** Whether the frame is IPv6. */
  boolean isIpv6(int frame) {
    return (memory.get(BE16, frameAt(frame) + l3Offset(frame) - 2) & 0xffff) == EtherType.IPV6;
  }

  /**
   * Does the work on this batch's frames that who takes them does not; the thread's that filled the
   * batch. A batch of complete frames never has one.
   */
  Segmenter segmenter() {
    if (segmenter == null) {
      segmenter = new Segmenter(room);
    }
    return segmenter;
  }

  private void describe(int frame) {
    long at = headerAt(frame);
    memory.set(LE64, at, 0);
    memory.set(LE64, at + Integer.BYTES, ONE_BUFFER);
    destinations[frame] = memory.get(BE64, frameAt(frame)) >>> 16;
  }

  /** Adds a frame whose {@code length} bytes were written to slot {@link #size} from outside. */
  void addWhole(int length) {
    stageWhole(length);
    addStaged();
  }

  /** The frame whose {@code length} bytes were written to slot {@link #size} is yet to be added. */
  void stageWhole(int length) {
    captured[size] = length;
    lengths[size] = length;
  }

  /** Makes slot {@code frame} a whole copy of a frame of another batch. */
  void setCopy(int frame, FrameBatch other, int otherFrame) {
    int head = other.captured[otherFrame];
    long at = frameAt(frame);
    MemorySegment.copy(other.memory, other.frameAt(otherFrame), memory, at, head);
    Buffers rest = other.rest(otherFrame);
    rest.copyTo(0, memory, at + head, rest.bytes());
    describe(frame);
    MemorySegment.copy(
        other.memory, other.headerAt(otherFrame), memory, headerAt(frame), VirtioNet.HEADER);
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

  /** Of the frame in slot {@link #size}, {@code copied} bytes were written from outside. */
  void stagePart(int copied, int length) {
    captured[size] = copied;
    lengths[size] = length;
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
    int head = Math.min(other.captured[otherFrame], OffloadCheck.MOST_HEADERS);
    int skip = VlanTag.OFFSET + cut;
    MemorySegment.copy(other.memory, from + skip, memory, behind, head - skip);
    captured[frame] = (int) (behind - at) + head - skip;
    int rest = other.lengths[otherFrame] - head;
    lengths[frame] = captured[frame] + rest;
    setRest(frame, other, otherFrame, head, rest);
    describe(frame);
    asking &= ~(1L << frame);
    if (!other.isPlain(otherFrame)) {
      MemorySegment.copy(
          other.memory, other.headerAt(otherFrame), memory, headerAt(frame), VirtioNet.HEADER);
      NetHeader.shift(memory, headerAt(frame), (int) (behind - at) - skip);
      asking |= 1L << frame;
    }
    ranked &= ~(1L << frame);
    Priority priority = other.priority(otherFrame);
    if (priority != null) {
      rank(frame, priority);
    }
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

  /** Copies the header of a frame, {@code length} bytes of it, to the beginning of other memory. */
  void copyHeaderTo(int frame, MemorySegment target, int length) {
    MemorySegment.copy(memory, headerAt(frame), target, 0, length);
  }

  /**
   * Copies frames, each behind a header of {@code header} bytes that says that there is one buffer,
   * into buffers that have room for both.
   *
   * @param frames a bit for each, of which the first {@code count} are copied
   */
  void copyEach(long frames, int count, int header, SingleBuffers target) {
    MemorySegment to = target.memory();
    long notPlain = asking;
    long left = frames;
    for (int i = 0; i < count; i++, left &= left - 1) {
      int frame = Long.numberOfTrailingZeros(left);
      int head = captured[frame];
      long at = target.offset(i);
      if (header != VirtioNet.HEADER) { // without num_buffers
        MemorySegment.copy(memory, headerAt(frame), to, at, header);
        MemorySegment.copy(memory, frameAt(frame), to, at + header, head);
      } else if (to.get(LE64, at) == 0
          && to.get(LE64, at + Integer.BYTES) == ONE_BUFFER
          && (notPlain >>> frame & 1) == 0) {
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
        for (long at = 0; at < rest(i).bytes(); at += PAGE) {
          byte ignored = rest(i).byteAt(at);
        }
      }
      LostMemory.report();
      return true;
    } catch (InternalError | IllegalStateException gone) {
      return false;
    }
  }
}
