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
      default -> {
        return BadRequest.UNSUPPORTED;
      }
    }
    return transfer(sector, request);
  }

  private @Nullable BadRequest transfer(long sector, BlockRequest request) {
    boolean write = request.type() == BlockRequest.Type.OUT;
    if (write && readOnly) {
      return BadRequest.READ_ONLY;
    }
    long length = request.payload().bytes();
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
    if (length > size - offset) {
      return BadRequest.BEYOND_END;
    }
    if (write) {
      request.write(offset, request.payload());
    } else {
      request.read(offset, request.payload());
    }
    return null;
  }
}
