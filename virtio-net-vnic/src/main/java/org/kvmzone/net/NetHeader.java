package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The fields of a {@code struct virtio_net_hdr} that lies somewhere (virtio 1.3 §5.1.6). */
final class NetHeader {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort LE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private NetHeader() {}

  static int flags(MemorySegment memory, long at) {
    return memory.get(BYTE, at + VirtioNet.FLAGS);
  }

  static int gso(MemorySegment memory, long at) {
    return memory.get(BYTE, at + VirtioNet.GSO_TYPE) & 0xff;
  }

  /** Bytes of the headers that each segment gets: hdr_len. */
  static int headers(MemorySegment memory, long at) {
    return u16(memory, at + VirtioNet.HDR_LEN);
  }

  /** Bytes of each segment besides: gso_size. */
  static int segment(MemorySegment memory, long at) {
    return u16(memory, at + VirtioNet.GSO_SIZE);
  }

  /** From where on the checksum is computed: csum_start. */
  static int checksumStart(MemorySegment memory, long at) {
    return u16(memory, at + VirtioNet.CSUM_START);
  }

  /** Where the checksum is, from its start on: csum_offset. */
  static int checksumOffset(MemorySegment memory, long at) {
    return u16(memory, at + VirtioNet.CSUM_OFFSET);
  }

  private static int u16(MemorySegment memory, long at) {
    return memory.get(LE16, at) & 0xffff;
  }

  /** Whether nothing of the frame is left undone: no checksum, no segmentation. */
  static boolean asksNothing(MemorySegment memory, long at) {
    return (flags(memory, at) & VirtioNet.NEEDS_CSUM) == 0
        && memory.get(BYTE, at + VirtioNet.GSO_TYPE) == VirtioNet.GSO_NONE;
  }

  static void setFlags(MemorySegment memory, long at, int flags) {
    memory.set(BYTE, at + VirtioNet.FLAGS, (byte) flags);
  }

  /** The frame has become longer, before what the header tells of, by so many bytes. */
  static void shift(MemorySegment memory, long at, int by) {
    if ((flags(memory, at) & VirtioNet.NEEDS_CSUM) == 0) {
      return;
    }
    memory.set(LE16, at + VirtioNet.CSUM_START, (short) (checksumStart(memory, at) + by));
    if (gso(memory, at) != VirtioNet.GSO_NONE) {
      memory.set(LE16, at + VirtioNet.HDR_LEN, (short) (headers(memory, at) + by));
    }
  }

  /** Writes what is left undone of a frame; num_buffers stays as it is. */
  static void set(
      MemorySegment memory, long at, int gso, int headers, int segment, int start, int offset) {
    setFlags(memory, at, VirtioNet.NEEDS_CSUM);
    memory.set(BYTE, at + VirtioNet.GSO_TYPE, (byte) gso);
    memory.set(LE16, at + VirtioNet.HDR_LEN, (short) headers);
    memory.set(LE16, at + VirtioNet.GSO_SIZE, (short) segment);
    memory.set(LE16, at + VirtioNet.CSUM_START, (short) start);
    memory.set(LE16, at + VirtioNet.CSUM_OFFSET, (short) offset);
  }
}
