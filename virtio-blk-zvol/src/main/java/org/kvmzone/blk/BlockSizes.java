package org.kvmzone.blk;

/**
 * The units a volume is best used in, all in bytes.
 *
 * @param logical the smallest unit of an operation: a power of two, 512 or more
 * @param physical the unit that is written at once without reading first: a power of two, {@code
 *     logical} or more
 * @param minimumIo the smallest transfer that is not wasteful, a multiple of {@code logical}
 * @param optimalIo the best length of long transfers, a multiple of {@code logical}; 0 if unknown
 */
public record BlockSizes(int logical, int physical, int minimumIo, int optimalIo) {
  /** Checks the above. */
  public BlockSizes {
    if (!isBlockSize(logical) || !isBlockSize(physical) || physical < logical) {
      throw new IllegalArgumentException("block sizes " + logical + "/" + physical);
    }
    if (minimumIo <= 0 || minimumIo % logical != 0 || optimalIo < 0 || optimalIo % logical != 0) {
      throw new IllegalArgumentException("transfer sizes " + minimumIo + "/" + optimalIo);
    }
  }

  /** Sizes of a volume that says nothing of transfers. */
  public static BlockSizes of(int logical, int physical) {
    return new BlockSizes(logical, physical, physical, 0);
  }

  /** Whether this can be the size of a block. */
  public static boolean isBlockSize(int size) {
    return size >= 512 && Integer.bitCount(size) == 1;
  }

  /** {@code logical/physical}. */
  @Override
  public String toString() {
    return logical + "/" + physical;
  }
}
