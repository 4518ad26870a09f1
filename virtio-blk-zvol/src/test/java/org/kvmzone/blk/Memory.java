package org.kvmzone.blk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.kvmzone.bridge.memory.Buffers;

/** Memory for requests. */
final class Memory {
  private Memory() {}

  /** One piece that holds these bytes. */
  static Buffers of(byte... bytes) {
    return scattered(bytes, bytes.length, new Random(0));
  }

  /** One piece of this many bytes, none of them zero. */
  static Buffers room(int length) {
    Buffers room = new Buffers();
    room.add(Arena.ofAuto().allocate(length).fill((byte) 0x5a), 0, length);
    return room;
  }

  /** These bytes in pieces of 1 to {@code longest} bytes, at odd addresses, gaps between them. */
  static Buffers scattered(byte[] bytes, int longest, Random random) {
    MemorySegment memory = Arena.ofAuto().allocate(4L * bytes.length + 64);
    Buffers pieces = new Buffers();
    long at = 0;
    for (int done = 0; done < bytes.length; ) {
      int length = Math.min(1 + random.nextInt(longest), bytes.length - done);
      length = longest >= bytes.length ? bytes.length : length;
      MemorySegment.copy(MemorySegment.ofArray(bytes), done, memory, at, length);
      pieces.add(memory, at, length);
      at += length + random.nextInt(3);
      done += length;
    }
    return pieces;
  }

  /** What the pieces hold. */
  static byte[] bytes(Buffers pieces) {
    byte[] bytes = new byte[(int) pieces.bytes()];
    pieces.copyTo(0, MemorySegment.ofArray(bytes), 0, bytes.length);
    return bytes;
  }

  /** Random bytes. */
  static byte[] random(int length, Random random) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
