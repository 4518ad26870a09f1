package org.kvmzone.blk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** {@code struct virtio_blk_config} (virtio 1.3 §5.2.4), as far as QEMU 7.2 and 10 know it. */
final class BlkConfig {
  /** Up to the fields of write zeroes; QEMU 7.2 asks for 57 of these. */
  static final int SIZE = 60;

  private static final int CAPACITY = 0;
  private static final int SEG_MAX = 12;
  private static final int BLK_SIZE = 20;
  private static final int PHYSICAL_BLOCK_EXP = 24;
  private static final int MIN_IO_SIZE = 26;
  private static final int OPT_IO_SIZE = 28;
  private static final int WRITEBACK = 32;
  private static final int NUM_QUEUES = 34;
  private static final int MAX_DISCARD_SECTORS = 36;
  private static final int MAX_DISCARD_SEG = 40;
  private static final int DISCARD_SECTOR_ALIGNMENT = 44;
  private static final int MAX_WRITE_ZEROES_SECTORS = 48;
  private static final int MAX_WRITE_ZEROES_SEG = 52;
  private static final int WRITE_ZEROES_MAY_UNMAP = 56;
  private static final int SECTOR = 512;

  private BlkConfig() {}

  /** Whether these bytes are the one field that a driver may write: {@code writeback}. */
  static boolean isWriteback(int offset, byte[] bytes) {
    return offset == WRITEBACK && bytes.length == 1;
  }

  /** The space of a disk; what belongs to a feature that is not offered is 0. */
  static byte[] of(Zvol zvol, VirtioBlk.Settings settings, CacheMode cache) {
    BlockSizes sizes = zvol.blockSizes();
    int block = sizes.logical();
    ByteBuffer space = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    space.putLong(CAPACITY, zvol.size() / SECTOR);
    space.putInt(SEG_MAX, settings.segMax());
    space.putInt(BLK_SIZE, block);
    space.put(PHYSICAL_BLOCK_EXP, (byte) Integer.numberOfTrailingZeros(sizes.physical() / block));
    space.putShort(MIN_IO_SIZE, (short) Math.min(sizes.minimumIo() / block, 0xffff));
    space.putInt(OPT_IO_SIZE, sizes.optimalIo() / block);
    space.put(WRITEBACK, (byte) (cache.writeback() ? 1 : 0));
    space.putShort(NUM_QUEUES, (short) settings.queues());
    if (!zvol.readOnly()) {
      space.putInt(MAX_DISCARD_SECTORS, RequestParser.MAX_DISCARD_SECTORS);
      space.putInt(MAX_DISCARD_SEG, RequestParser.MAX_DISCARD_SEGMENTS);
      // Smaller ranges may be discarded, but free nothing.
      space.putInt(DISCARD_SECTOR_ALIGNMENT, sizes.physical() / SECTOR);
      space.putInt(MAX_WRITE_ZEROES_SECTORS, RequestParser.MAX_ZEROES_SECTORS);
      space.putInt(MAX_WRITE_ZEROES_SEG, RequestParser.MAX_ZEROES_SEGMENTS);
      space.put(WRITE_ZEROES_MAY_UNMAP, (byte) 1);
    }
    return space.array();
  }
}
