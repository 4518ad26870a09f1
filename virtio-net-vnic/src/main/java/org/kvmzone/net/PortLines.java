package org.kvmzone.net;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What waits of one port's frames for a {@link FairLink}. Frames of flows with a priority of their
 * own wait in a line for each such priority, all others in one that has the VNIC's. The lines
 * divide among them what the port gets of the link, and no more: they have turns within the port's,
 * by deficit round robin once more, in which they send as many bytes as their priorities say. So a
 * guest does not gain by having more lines, and what one line does not need its others get.
 *
 * <p>A flow's frames are in one line, in their order; if its priority changes meanwhile, those that
 * wait already stay where they are.
 */
final class PortLines {
  private static final Line[] NONE = {};

  /** Whose frames these are. */
  final Etherstub.Port port;

  /** Bytes that the port may send; of the thread that empties the lines. */
  long deficit;

  private final int longest;
  private volatile Line[] lines = NONE; // as they are needed
  private int turn; // whose it is; of the thread that empties the lines, as is the next
  private boolean granted; // it has got what this turn is worth

  /**
   * No lines yet.
   *
   * @param longest bytes of the network's longest frame
   */
  PortLines(Etherstub.Port port, int longest) {
    this.port = port;
    this.longest = longest;
  }

  /** Frames of one priority. */
  private final class Line {
    private final @Nullable Priority priority; // null: the VNIC's
    private final Backlog frames =
        new Backlog(FairLink.MOST, longest, VirtioNet.LONGEST_UNSEGMENTED);
    private long deficit; // bytes that it may send; of the thread that empties the lines

    private Line(@Nullable Priority priority) {
      this.priority = priority;
    }

    private int share() {
      return priority == null ? port.client.share() : priority.share();
    }
  }

  /** Has a frame wait; by the port's threads. False if its line is full. */
  boolean offer(FrameBatch batch, int frame) {
    Priority priority = batch.priority(frame);
    Line line = find(priority);
    return (line == null ? add(priority) : line).frames.offer(batch, frame);
  }

  private @Nullable Line find(@Nullable Priority priority) {
    for (Line line : lines) {
      if (line.priority == priority) {
        return line;
      }
    }
    return null;
  }

  private synchronized Line add(@Nullable Priority priority) {
    Line line = find(priority);
    if (line == null) {
      line = new Line(priority);
      Line[] more = Arrays.copyOf(lines, lines.length + 1);
      more[lines.length] = line;
      lines = more;
    }
    return line;
  }

  /** Whether no frame waits, complete or not; by the port's threads. */
  boolean isEmpty() {
    for (Line line : lines) {
      if (!line.frames.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** Whether a complete frame waits; by the thread that empties the lines. */
  boolean isWaiting() {
    for (Line line : lines) {
      if (line.frames.first() >= 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * The line whose first frame is the port's next, the same until that has gone; null if no frame
   * waits. By the thread that empties the lines.
   */
  @Nullable Backlog next() {
    Line[] all = lines;
    for (int idle = 0; idle < all.length; idle++) {
      turn = turn < all.length ? turn : 0;
      Line line = all[turn];
      int slot = line.frames.first();
      if (slot < 0) {
        line.deficit = 0; // nobody saves up
      } else if (mayGoOn(line, line.frames.batch(slot).length(line.frames.frame(slot)))) {
        return line.frames;
      } else {
        idle = -1;
      }
      turn++;
      granted = false;
    }
    return null;
  }

  /** Whether what a line was granted is enough for so many bytes. */
  private boolean mayGoOn(Line line, int length) {
    if (!granted) {
      line.deficit += (long) FairLink.QUANTUM * line.share();
      granted = true;
    }
    return length <= line.deficit;
  }

  /** The frame of {@link #next} has gone, so many bytes. */
  void removeFirst(int length) {
    Line line = lines[turn];
    line.frames.removeFirst();
    line.deficit -= length;
    deficit -= length;
  }
}
