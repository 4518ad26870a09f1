package org.kvmzone.bridge.virtqueue;

/**
 * Places in a packed ring, counted from 0 to twice its size: in the first half the wrap counter is
 * 1, in the second 0 (virtio 1.3 §2.8.1). So two places differ by what lies between them, and a
 * full ring is not an empty one.
 */
record PackedPlaces(int size) {
  private static final int WRAP = 1 << 15;

  /** Whether a ring of this many entries has the place that is written so. */
  static boolean isValid(int size, int offWrap) {
    return (offWrap & (WRAP - 1)) < size;
  }

  /** The place that is written in the low 16 bits (§2.8.14). */
  int of(int offWrap) {
    int slot = offWrap & (WRAP - 1);
    return (offWrap & WRAP) != 0 ? slot : slot + size;
  }

  /** Slot and wrap counter in 16 bits. */
  int offWrap(int place) {
    return wraps(place) ? place | WRAP : place - size;
  }

  /** The wrap counter at a place. */
  boolean wraps(int place) {
    return place < size;
  }

  /** Where in the ring's memory a place's descriptor is. */
  long at(int place) {
    return (long) slot(place) * ChainMemory.DESCRIPTOR_SIZE;
  }

  int slot(int place) {
    return place < size ? place : place - size;
  }

  int advance(int place, int by) {
    int next = place + by;
    return next < 2 * size ? next : next - 2 * size;
  }

  int retreat(int place, int by) {
    return advance(place, 2 * size - by);
  }

  int distance(int from, int to) {
    return to < from ? to - from + 2 * size : to - from;
  }
}
