package org.kvmzone.blk;

import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.memory.Buffers;

/**
 * Reads requests: the 16 bytes of a header are copied once and only the copy is believed (virtio
 * 1.3 §5.2.6). The outcome depends on those, on the lengths of the two halves of the chain and on
 * the volume's limits; nothing else is looked at, and nothing of the guest's is written. How the
 * bytes are spread over descriptors makes no difference (virtio 1.3 §2.7.4).
 *
 * <p>As QEMU does, bytes that a request of its type has no use for are left alone. Used by one
 * thread.
 */
final class RequestParser {
  private static final int HEADER_SIZE = 16;
  private static final long TYPE = 0;
  private static final long SECTOR = 8;
  private static final int SECTOR_SHIFT = 9; // whatever the block size

  static final int T_IN = 0;
  static final int T_OUT = 1;
  private static final int T_FLUSH = 4;
  private static final int T_GET_ID = 8;
  private static final int T_DISCARD = 11;
  private static final int T_WRITE_ZEROES = 13;

  /** {@code struct virtio_blk_discard_write_zeroes}: a sector, a number of them, flags. */
  private static final int SEGMENT_SIZE = 16;

  private static final int SECTORS_AND_FLAGS = 8;
  private static final int FLAG_UNMAP = 1;

  /** The most ranges of a discard; Linux takes no more than 256. */
  static final int MAX_DISCARD_SEGMENTS = 256;

  /** The most sectors of each: 2 GiB, as QEMU's own disks have it. */
  static final int MAX_DISCARD_SECTORS = 1 << 22;

  /** The most ranges to be filled with zeroes; Linux sends no more than one. */
  static final int MAX_ZEROES_SEGMENTS = 1;

  /** The most sectors of it: 64 MiB, should each of them have to be written. */
  static final int MAX_ZEROES_SECTORS = 1 << 17;

  private final Zvol zvol;
  private final int blockSize;
  private final boolean readOnly;

  /** A parser of requests to a volume. */
  RequestParser(Zvol zvol) {
    this.zvol = zvol;
    blockSize = zvol.blockSizes().logical();
    readOnly = zvol.readOnly();
  }

  /**
   * Sets {@code request} to what the two halves of a chain ask for.
   *
   * @return null if it can be carried out; otherwise the request says nothing
   */
  @Nullable BadRequest parse(Buffers readable, Buffers writable, BlockRequest request) {
    if (writable.bytes() == 0) {
      return BadRequest.NO_STATUS;
    }
    if (readable.bytes() < HEADER_SIZE) {
      return BadRequest.SHORT_HEADER;
    }
    // Each half of the header is read once: the guest may be changing it.
    int type = (int) readable.longAt(TYPE);
    long sector = readable.longAt(SECTOR);
    request.payload().clear();
    request.segments().clear();
    long room = writable.bytes() - 1; // the last byte is the status's
    switch (type) {
      case T_IN -> {
        request.type(BlockRequest.Type.IN);
        request.payload().setSlice(writable, 0, room);
      }
      case T_OUT -> {
        request.type(BlockRequest.Type.OUT);
        request.payload().setSlice(readable, HEADER_SIZE, readable.bytes() - HEADER_SIZE);
      }
      case T_FLUSH -> {
        request.type(BlockRequest.Type.FLUSH);
        request.flush();
        return null;
      }
      case T_GET_ID -> {
        request.type(BlockRequest.Type.GET_ID);
        request.payload().setSlice(writable, 0, room);
        return room == 0 ? BadRequest.NO_DATA : null;
      }
      case T_DISCARD, T_WRITE_ZEROES -> {
        request.type(
            type == T_DISCARD ? BlockRequest.Type.DISCARD : BlockRequest.Type.WRITE_ZEROES);
        return readOnly ? BadRequest.READ_ONLY : segments(readable, request);
      }
      default -> {
        return BadRequest.UNSUPPORTED;
      }
    }
    return transfer(sector, request);
  }

  /** Copies all ranges, each once, before any is used: the guest may be changing them. */
  private @Nullable BadRequest segments(Buffers readable, BlockRequest request) {
    boolean discard = request.type() == BlockRequest.Type.DISCARD;
    long length = readable.bytes() - HEADER_SIZE;
    if (length == 0) {
      return BadRequest.NO_DATA;
    }
    int most = discard ? MAX_DISCARD_SEGMENTS : MAX_ZEROES_SEGMENTS;
    if (length % SEGMENT_SIZE != 0 || length / SEGMENT_SIZE > most) {
      return BadRequest.BAD_SEGMENTS;
    }
    for (long at = HEADER_SIZE; at < readable.bytes(); at += SEGMENT_SIZE) {
      long sector = readable.longAt(at);
      long rest = readable.longAt(at + SECTORS_AND_FLAGS);
      long sectors = rest & 0xffff_ffffL;
      int flags = (int) (rest >>> Integer.SIZE);
      if ((flags & ~(discard ? 0 : FLAG_UNMAP)) != 0) {
        return BadRequest.BAD_FLAGS;
      }
      if (sectors > (discard ? MAX_DISCARD_SECTORS : MAX_ZEROES_SECTORS)) {
        return BadRequest.BAD_SEGMENTS;
      }
      BadRequest bad = range(sector, sectors << SECTOR_SHIFT);
      if (bad != null) {
        return bad;
      }
      request
          .segments()
          .add(sector << SECTOR_SHIFT, sectors << SECTOR_SHIFT, (flags & FLAG_UNMAP) != 0);
    }
    boolean ignored = request.advance(); // to the first: there is one
    return null;
  }

  private @Nullable BadRequest transfer(long sector, BlockRequest request) {
    boolean write = request.type() == BlockRequest.Type.OUT;
    if (write && readOnly) {
      return BadRequest.READ_ONLY;
    }
    BadRequest bad = range(sector, request.payload().bytes());
    if (bad != null) {
      return bad;
    }
    if (write) {
      request.write(sector << SECTOR_SHIFT, request.payload());
    } else {
      request.read(sector << SECTOR_SHIFT, request.payload());
    }
    return null;
  }

  /** What is wrong with a range of {@code length} bytes that begins at a sector. */
  private @Nullable BadRequest range(long sector, long length) {
    if (length == 0) {
      return BadRequest.NO_DATA;
    }
    long size = zvol.size(); // it may have grown
    // Before the multiplication, which a sector of 2^55 or more would overflow.
    if (Long.compareUnsigned(sector, size >>> SECTOR_SHIFT) > 0) {
      return BadRequest.BEYOND_END;
    }
    long offset = sector << SECTOR_SHIFT;
    if (((offset | length) & (blockSize - 1)) != 0) {
      return BadRequest.MISALIGNED;
    }
    return length > size - offset ? BadRequest.BEYOND_END : null;
  }
}
