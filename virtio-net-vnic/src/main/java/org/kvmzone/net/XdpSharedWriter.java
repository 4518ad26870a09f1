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

  /** Sends those frames of a batch that have their bit set; see {@link Trunk#sendEach}. */
  void send(FrameBatch batch, long frames) {
    if (writer.enter()) {
      try {
        sendWaiting();
        // Else behind one that is still being copied: a thread's frames stay in their order.
        sendAll(batch, frames, waiting.isEmpty());
        writer.flush();
      } finally {
        writer.leave();
      }
    } else {
      sendAll(batch, frames, false);
      if (!writer.enter()) {
        return; // whoever is inside looks again when it has left
      }
      leaveAfterWaiting();
    }
    while (waiting.isReady() && writer.enter()) {
      leaveAfterWaiting();
    }
  }

  private void leaveAfterWaiting() {
    try {
      sendWaiting();
      writer.flush();
    } finally {
      writer.leave();
    }
  }

  /** By the thread that is inside: what others have left, not more than may wait at once. */
  private void sendWaiting() {
    int slot = waiting.first();
    for (int i = 0; slot >= 0 && i < WAITING; i++, slot = waiting.first()) {
      writer.sendOrLose(waiting.batch(slot), waiting.frame(slot));
      waiting.removeFirst();
    }
  }

  private void sendAll(FrameBatch batch, long frames, boolean inside) {
    for (long left = frames; left != 0; left &= left - 1) {
      int frame = Long.numberOfTrailingZeros(left);
      if (batch.isPlain(frame)) {
        send(batch, frame, inside);
      } else {
        sendFinished(batch, frame, inside);
      }
    }
  }

  private void sendFinished(FrameBatch batch, int frame, boolean inside) {
    Segmenter segmenter = batch.segmenter();
    segmenter.begin(batch, frame);
    while (segmenter.next()) {
      FrameBatch segments = segmenter.batch();
      for (int i = 0; i < segments.size(); i++) {
        send(segments, i, inside);
      }
    }
  }

  private void send(FrameBatch batch, int frame, boolean inside) {
    if (inside) {
      writer.sendOrLose(batch, frame);
    } else if (batch.length(frame) > writer.longest()) {
      drops.countOut(Drop.TX_TOO_LONG, batch, frame);
    } else if (writer.isShut() || !waiting.offer(batch, frame)) {
      drops.countOut(Drop.LINK_ERROR, batch, frame);
    }
  }
}
