package org.kvmzone.net;

/**
 * The frames of one batch as they leave by ports that see their tags otherwise than the port they
 * came in at: with the tag of their VLAN, or without. Made as they are needed, once for all those
 * ports; only a frame's beginning is copied for it.
 */
final class TagForms {
  private final FrameBatch tagged = batch();
  private final FrameBatch untagged = batch();
  private long taggedMade; // a bit for each frame, as is the next
  private long untaggedMade;

  private static FrameBatch batch() {
    return new FrameBatch(FrameBatch.MAX_FRAMES, OffloadCheck.MOST_HEADERS + VlanTag.LENGTH);
  }

  /** The next batch is another. */
  void clear() {
    taggedMade = 0;
    untaggedMade = 0;
  }

  /**
   * Frames with a tag.
   *
   * @param frames a bit for each that is wanted; they have the same slots as in {@code batch}
   * @param bare a bit for each frame of the batch that has none
   * @param vlans of each
   */
  FrameBatch tagged(FrameBatch batch, long frames, long bare, int[] vlans) {
    for (long left = frames & ~taggedMade; left != 0; left &= left - 1) {
      int i = Long.numberOfTrailingZeros(left);
      settle(batch, i);
      boolean none = ((bare >>> i) & 1) != 0;
      int old = none ? VlanTag.NONE : batch.tagAndType(i) >>> 16;
      tagged.setTagged(i, batch, i, none ? 0 : VlanTag.LENGTH, VlanTag.of(vlans[i], old));
    }
    taggedMade |= frames;
    return tagged;
  }

  /** Frames that have a tag, without it. */
  FrameBatch untagged(FrameBatch batch, long frames) {
    for (long left = frames & ~untaggedMade; left != 0; left &= left - 1) {
      int i = Long.numberOfTrailingZeros(left);
      settle(batch, i);
      untagged.setTagged(i, batch, i, VlanTag.LENGTH, VlanTag.NONE);
    }
    untaggedMade |= frames;
    return untagged;
  }

  /**
   * A frame in more pieces than a writer hands on is copied whole: there is no room for it here.
   */
  private static void settle(FrameBatch batch, int frame) {
    if (batch.rest(frame).count() >= TapWriter.MAX_PIECES) { // one more is what was copied of it
      batch.capture(frame);
    }
  }
}
