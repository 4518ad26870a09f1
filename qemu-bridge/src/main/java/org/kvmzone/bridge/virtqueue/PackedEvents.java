package org.kvmzone.bridge.virtqueue;

/**
 * An event suppression area (virtio 1.3 §2.8.10, §2.8.14): one side's wish to be told by the other,
 * 32 bits that are read and written at once. The low half is a place, the high half flags.
 */
final class PackedEvents {
  /** To be told of everything. */
  static final int ENABLE = 0;

  /** To be told of nothing. */
  static final int DISABLE = 1 << 16;

  private static final int DESCRIPTOR = 2 << 16;
  private static final int FLAGS = 3 << 16;

  private PackedEvents() {}

  /** To be told of the descriptor at a place. */
  static int descriptor(int offWrap) {
    return DESCRIPTOR | offWrap;
  }

  /**
   * Whether that wish, whatever it is, is one to be told of the last {@code number} slots before a
   * place.
   *
   * @param eventIndex whether it may name a descriptor; if not, one that does is taken for all
   */
  static boolean wanted(int wish, boolean eventIndex, PackedPlaces places, int place, int number) {
    int flags = wish & FLAGS;
    if (flags != DESCRIPTOR || !eventIndex) {
      return flags != DISABLE;
    }
    int behind = Math.floorMod(place - places.of(wish), 2 * places.size());
    return behind != 0 && behind <= number;
  }
}
