package org.kvmzone.net;

/** Where {@link TapReader} gets frames from, one at a time. */
@FunctionalInterface
interface FrameSource {
  /**
   * Reads a frame, behind its virtio-net header, to the next slot of a batch, without adding it.
   *
   * @return bytes of the frame, more than {@link FrameBatch#longest} if it did not fit, negative if
   *     there was not even a header; or {@link #NOTHING} less the {@code errno} of the read
   */
  int read(FrameBatch batch);

  /** Less than the length of any frame, as little of it as there may be. */
  int NOTHING = -1000;
}
