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
  private static final int SECTOR = 512;

  private BlkConfig() {}

  /** The space of a disk; what belongs to a feature that is not offered is 0. */
  static byte[] of(Zvol zvol, VirtioBlk.Settings settings) {
    BlockSizes sizes = zvol.blockSizes();
    int block = sizes.logical();
    ByteBuffer space = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    space.putLong(CAPACITY, zvol.size() / SECTOR);
    space.putInt(SEG_MAX, settings.segMax());
    space.putInt(BLK_SIZE, block);
    space.put(PHYSICAL_BLOCK_EXP, (byte) Integer.numberOfTrailingZeros(sizes.physical() / block));
    space.putShort(MIN_IO_SIZE, (short) Math.min(sizes.minimumIo() / block, 0xffff));
    space.putInt(OPT_IO_SIZE, sizes.optimalIo() / block);
    space.put(WRITEBACK, (byte) 1); // what a driver that takes FLUSH gets
    space.putShort(NUM_QUEUES, (short) settings.queues());
    return space.array();
  }
}
