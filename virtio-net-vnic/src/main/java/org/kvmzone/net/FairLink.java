package org.kvmzone.net;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A link that the VNICs of a switch send to, each by its own threads. As long as it takes all, they
 * do so at once. When it is behind, the frames of each VNIC wait in lines of their own, and the
 * VNICs have turns, in which they send as many bytes as their shares say: deficit round robin
 * (Shreedhar and Varghese, "Efficient Fair Queuing", 1995). So each gets its part of the link,
 * however many threads and lines it has and however much others have to send, and none starves. Its
 * {@link PortLines} divide that part by the priorities of its flows.
 *
 * <p>A flow's frames keep their order: while some of a VNIC's wait, those that follow do, too.
 */
final class FairLink {
  /** Frames of a line, a power of two. */
  static final int MOST = 256;

  /** Bytes that a turn grants for each share: a full frame of most networks. */
  static final int QUANTUM = 1514;

  private static final PortLines[] NONE = {};

  private final Sink sink;
  private final Drops drops;
  private final int longest;
  private final Runnable wake;

  private volatile boolean behind;
  private volatile PortLines[] ports = NONE;
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

  /** Sends frames of a port's, or has them wait; by the port's threads. */
  void send(Etherstub.Port from, FrameBatch batch, long frames) {
    PortLines lines = from.lines;
    boolean direct = !behind && (lines == null || lines.isEmpty());
    long untaken = direct ? sink.sendEach(from.index, batch, frames) : frames;
    if (untaken != 0) {
      await(lines == null ? newLines(from) : lines, batch, untaken);
    }
  }

  private synchronized PortLines newLines(Etherstub.Port from) {
    PortLines lines = from.lines;
    if (lines == null) {
      lines = new PortLines(from, longest);
      from.lines = lines;
      PortLines[] more = Arrays.copyOf(ports, ports.length + 1);
      more[ports.length] = lines;
      ports = more;
    }
    return lines;
  }

  private void await(PortLines lines, FrameBatch batch, long frames) {
    try {
      for (long rest = frames; rest != 0; rest &= rest - 1) {
        int frame = Long.numberOfTrailingZeros(rest);
        if (!lines.offer(batch, frame)) {
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
    PortLines[] all = ports;
    for (int idle = 0; idle < all.length; ) {
      turn = turn < all.length ? turn : 0;
      PortLines lines = all[turn];
      if (!goOn(lines)) {
        return false;
      }
      turn++;
      granted = false;
      idle = lines.isWaiting() ? 0 : idle + 1;
    }
    return true;
  }

  /**
   * Goes on with a port's turn, until its lines are empty or what was granted is used up; false if
   * the link is full before, or the budget used up.
   */
  private boolean goOn(PortLines lines) {
    if (!granted) {
      lines.deficit += (long) QUANTUM * lines.port.client.share();
      granted = true;
    }
    while (left > 0) {
      @Nullable Backlog line = lines.next();
      if (line == null) {
        lines.deficit = 0; // nobody saves up
        return true;
      }
      int slot = line.first();
      FrameBatch batch = line.batch(slot);
      int frame = line.frame(slot);
      int length = batch.length(frame);
      if (length > lines.deficit) {
        return true;
      }
      if (!sink.send(lines.port.index, batch, frame)) {
        return false;
      }
      lines.removeFirst(length);
      left--;
    }
    return false;
  }

  /** Nothing was found to wait: from now on frames are sent at once. */
  private void catchUp() {
    boolean someLeft = false;
    for (PortLines lines : ports) {
      someLeft |= lines.port.left;
    }
    if (someLeft) {
      forgetWhoLeft();
    }
    behind = false;
    for (PortLines lines : ports) {
      if (lines.isWaiting()) {
        behind = true; // it came meanwhile, when nobody had to be woken
      }
    }
  }

  private synchronized void forgetWhoLeft() {
    ports = Arrays.stream(ports).filter(lines -> !lines.port.left).toArray(PortLines[]::new);
  }
}
