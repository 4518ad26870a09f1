package org.kvmzone.net;

import java.util.Arrays;

/**
 * A link that the VNICs of a switch send to, each by its own threads. As long as it takes all, they
 * do so at once. When it is behind, the frames of each VNIC wait in a line of their own, and the
 * lines have turns, in which they send as many bytes as their VNICs' shares say: deficit round
 * robin (Shreedhar and Varghese, "Efficient Fair Queuing", 1995). So each gets its part of the
 * link, however many threads it has and however much others have to send, and no line starves.
 *
 * <p>A VNIC's frames keep their order: while some wait, those that follow do, too.
 */
final class FairLink {
  /** Frames of a line, a power of two. */
  static final int MOST = 256;

  /** Bytes that a turn grants for each share: a full frame of most networks. */
  private static final int QUANTUM = 1514;

  private static final Line[] NONE = {};

  private final Sink sink;
  private final Drops drops;
  private final int longest;
  private final Runnable wake;

  private volatile boolean behind;
  private volatile Line[] lines = NONE;
  private int turn; // whose it is; of the thread that empties the lines, as what follows
  private boolean granted; // it has got what this turn is worth
  private int left; // of the budget

  /** The link itself. */
  interface Sink {
    /**
     * Sends those frames of a batch that have their bit set, or loses and counts them; by any
     * thread that has filled a batch.
     *
     * @param port the index of whose they are: the frames of each keep their order
     * @return those that it does not take for the moment: all from a certain one on
     */
    long sendEach(int port, FrameBatch batch, long frames);

    /**
     * Sends a frame, or loses and counts it; by one thread alone.
     *
     * @return false if it does not take it for the moment
     */
    boolean send(int port, FrameBatch batch, int frame);
  }

  /**
   * A link that is not behind.
   *
   * @param drops of the link
   * @param longest bytes of the network's longest frame
   * @param wake has {@link #poll} called, which is to be called, too, when the link can take more
   */
  FairLink(Sink sink, Drops drops, int longest, Runnable wake) {
    this.sink = sink;
    this.drops = drops;
    this.longest = longest;
    this.wake = wake;
  }

  /** What waits of the frames of one port. */
  static final class Line {
    private final Etherstub.Port port;
    private final Backlog frames;
    private long deficit; // bytes that it may send; of the thread that empties the lines

    private Line(Etherstub.Port port, int longest) {
      this.port = port;
      frames = new Backlog(MOST, longest, VirtioNet.LONGEST_UNSEGMENTED);
    }
  }

  /** Sends frames of a port's, or has them wait; by the port's threads. */
  void send(Etherstub.Port from, FrameBatch batch, long frames) {
    Line line = from.line;
    boolean direct = !behind && (line == null || line.frames.isEmpty());
    long untaken = direct ? sink.sendEach(from.index, batch, frames) : frames;
    if (untaken != 0) {
      await(line == null ? newLine(from) : line, batch, untaken);
    }
  }

  private synchronized Line newLine(Etherstub.Port from) {
    Line line = from.line;
    if (line == null) {
      line = new Line(from, longest);
      from.line = line;
      Line[] more = Arrays.copyOf(lines, lines.length + 1);
      more[lines.length] = line;
      lines = more;
    }
    return line;
  }

  private void await(Line line, FrameBatch batch, long frames) {
    try {
      for (long rest = frames; rest != 0; rest &= rest - 1) {
        int frame = Long.numberOfTrailingZeros(rest);
        if (!line.frames.offer(batch, frame)) {
          drops.countOut(Drop.LINK_FULL, batch, frame);
        }
      }
    } finally {
      // Asked when the frames are there: who finds none in any line has said so before.
      if (!behind) {
        behind = true;
        wake.run();
      }
    }
  }

  /** Sends up to so many of the frames that wait; by one thread. Returns how many left a line. */
  int poll(int budget) {
    left = budget;
    while (behind && sendWaiting()) {
      catchUp();
    }
    return budget - left;
  }

  /** Sends what waits, turn by turn; false if the link is full, or the budget used up. */
  private boolean sendWaiting() {
    Line[] all = lines;
    for (int idle = 0; idle < all.length; ) {
      turn = turn < all.length ? turn : 0;
      Line line = all[turn];
      if (!goOn(line)) {
        return false;
      }
      turn++;
      granted = false;
      idle = line.frames.first() < 0 ? idle + 1 : 0;
    }
    return true;
  }

  /**
   * Goes on with a line's turn, until the line is empty or what was granted is used up; false if
   * the link is full before, or the budget used up.
   */
  private boolean goOn(Line line) {
    if (!granted) {
      line.deficit += (long) QUANTUM * line.port.client.share();
      granted = true;
    }
    while (left > 0) {
      int slot = line.frames.first();
      if (slot < 0) {
        line.deficit = 0; // nobody saves up
        return true;
      }
      FrameBatch batch = line.frames.batch(slot);
      int frame = line.frames.frame(slot);
      int length = batch.length(frame);
      if (length > line.deficit) {
        return true;
      }
      if (!sink.send(line.port.index, batch, frame)) {
        return false;
      }
      line.deficit -= length;
      line.frames.removeFirst();
      left--;
    }
    return false;
  }

  /** Nothing was found to wait: from now on frames are sent at once. */
  private void catchUp() {
    boolean someLeft = false;
    for (Line line : lines) {
      someLeft |= line.port.left;
    }
    if (someLeft) {
      forgetWhoLeft();
    }
    behind = false;
    for (Line line : lines) {
      if (line.frames.first() >= 0) {
        behind = true; // it came meanwhile, when nobody had to be woken
      }
    }
  }

  private synchronized void forgetWhoLeft() {
    lines = Arrays.stream(lines).filter(line -> !line.port.left).toArray(Line[]::new);
  }
}
