package org.kvmzone.net;

/**
 * Lets any number of threads send by one AF_XDP socket, whose ring is one thread's at a time. Who
 * finds it taken leaves copies of its frames, within a bound, for whoever has it: nobody waits.
 * Nobody behind the link finishes what was left undone of a frame, so it is done before.
 */
final class XdpSharedWriter {
  /** Frames that can wait for the thread that has the ring; a power of two. */
  static final int WAITING = 256;

  private final XdpWriter writer;
  private final Drops drops;
  private final Backlog waiting;

  /** Shares a writer that nobody else uses. */
  XdpSharedWriter(XdpWriter writer, Drops drops) {
    this.writer = writer;
    this.drops = drops;
    waiting = new Backlog(WAITING, writer.longest(), writer.longest());
  }

  /** Sends frames; see {@link FairLink.Sink#sendEach}. */
  long sendEach(FrameBatch batch, long frames) {
    long left = frames;
    boolean inside = writer.enter();
    try {
      if (inside) {
        sendWaiting();
      }
      while (left != 0 && sendOne(batch, Long.numberOfTrailingZeros(left), inside)) {
        left &= left - 1;
      }
    } finally {
      end(inside);
    }
    return left;
  }

  /** Sends a frame; see {@link FairLink.Sink#send}. */
  boolean send(FrameBatch batch, int frame) {
    boolean inside = writer.enter();
    try {
      if (inside) {
        sendWaiting();
      }
      return sendOne(batch, frame, inside);
    } finally {
      end(inside);
    }
  }

  private void end(boolean inside) {
    if (inside) {
      flushAndLeave();
    }
    // Whoever has the ring meanwhile looks again when it has left.
    while (waiting.isReady() && writer.enter()) {
      try {
        sendWaiting();
      } finally {
        flushAndLeave();
      }
    }
  }

  private void flushAndLeave() {
    try {
      writer.flush();
    } finally {
      writer.leave();
    }
  }

  /** By the thread that is inside: what others have left, not more than may wait at once. */
  private void sendWaiting() {
    int slot = waiting.first();
    for (int i = 0; slot >= 0 && i < WAITING; i++, slot = waiting.first()) {
      FrameBatch batch = waiting.batch(slot);
      int frame = waiting.frame(slot);
      if (!writer.send(batch, frame)) {
        drops.countOut(Drop.LINK_FULL, batch, frame);
      }
      waiting.removeFirst();
    }
  }

  private boolean sendOne(FrameBatch batch, int frame, boolean inside) {
    if (batch.isPlain(frame)) {
      return sendComplete(batch, frame, inside);
    }
    Segmenter.Taker taker = (segments, i) -> sendComplete(segments, i, inside);
    return batch.segmenter().send(batch, frame, taker, drops);
  }

  private boolean sendComplete(FrameBatch batch, int frame, boolean inside) {
    // Else behind one that is still being copied: a thread's frames stay in their order.
    if (inside && waiting.isEmpty()) {
      return writer.send(batch, frame);
    }
    if (batch.length(frame) > writer.longest()) {
      drops.countOut(Drop.TX_TOO_LONG, batch, frame);
    } else if (writer.isShut()) {
      drops.countOut(Drop.LINK_ERROR, batch, frame);
    } else {
      return waiting.offer(batch, frame);
    }
    return true;
  }
}
