package org.kvmzone.blk.zfs;

import java.util.Set;

/** What a stream may have in it; zfs-send(8). */
public enum SendFlag {
  /** Blocks that are stored within their pointers, as they are. */
  EMBED(LibzfsCore.LZC_SEND_FLAG_EMBED_DATA),
  /** Blocks larger than 128 KiB. */
  LARGE_BLOCK(LibzfsCore.LZC_SEND_FLAG_LARGE_BLOCK),
  /** Blocks compressed, as they are on disk. */
  COMPRESS(LibzfsCore.LZC_SEND_FLAG_COMPRESS),
  /** Blocks exactly as they are on disk: encrypted ones stay so. */
  RAW(LibzfsCore.LZC_SEND_FLAG_RAW);

  private final int bit;

  SendFlag(int bit) {
    this.bit = bit;
  }

  static int bits(Set<SendFlag> flags) {
    return flags.stream().mapToInt(flag -> flag.bit).reduce(0, (all, one) -> all | one);
  }
}
