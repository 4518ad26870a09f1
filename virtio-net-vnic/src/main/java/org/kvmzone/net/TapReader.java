package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.packet.Frame;

/**
 * Reads frames from one descriptor of a tap into private memory, a system call a frame, as long as
 * the guest has room: what it has no room for waits here, a batch of it, and in the tap's own
 * queue, whose overflow the kernel counts. What the kernel says that it left undone of a frame is
 * held against the frame as if a guest had said so.
 */
final class TapReader implements EventSource {
  private static final Logger LOG = System.getLogger(TapReader.class.getName());

  /** So much is handed over at once, bytes: it is still in the cache when it is copied. */
  private static final int ENOUGH = 256 << 10;

  private final String name;
  private final int pair;
  private final Fd fd;
  private final FrameSource source;
  private final List<TapWriter> writers;
  private final VnicClient client;
  private final int longest;
  private final Drops drops;
  private final FrameBatch batch =
      new FrameBatch(FrameBatch.MAX_FRAMES, VirtioNet.LONGEST_UNSEGMENTED);
  private final Frame frame = new Frame();
  private final OffloadCheck check = new OffloadCheck();
  private long waiting; // of the batch: frames that found no room
  private boolean more; // in the tap's queue, as far as is known
  private int loggedError;

  /**
   * A reader of an open tap.
   *
   * @param name the interface's, for messages
   * @param source reads the descriptor
   * @param pair the pair of queues that its frames are for
   * @param writers those of all pairs of the device, this one's among them
   * @param longest bytes of the network's longest frame
   */
  TapReader(
      String name,
      int pair,
      Fd fd,
      FrameSource source,
      List<TapWriter> writers,
      int longest,
      VnicClient client,
      Drops drops) {
    this.name = name;
    this.pair = pair;
    this.fd = fd;
    this.source = source;
    this.writers = writers;
    this.longest = longest;
    this.client = client;
    this.drops = drops;
  }

  @Override
  public int fd() {
    return fd.number();
  }

  @Override
  public int poll(int budget) {
    for (int i = 0; i < writers.size(); i++) {
      if (writers.get(i).isFull()) {
        client.writable(i);
      }
    }
    waiting = waiting == 0 ? 0 : client.offer(pair, batch, waiting);
    int done = 0;
    more = true;
    while (more && done < budget && waiting == 0) {
      done += read(Math.min(batch.capacity(), budget - done));
      waiting = batch.size() == 0 ? 0 : client.offer(pair, batch, batch.all());
    }
    return done;
  }

  /** Fills the batch; returns how many frames were read, those that are no good included. */
  private int read(int limit) {
    batch.clear();
    int count = 0;
    for (long bytes = 0; count < limit && bytes < ENOUGH; count++) {
      int length = source.read(batch);
      if (length < FrameSource.NOTHING) {
        log(FrameSource.NOTHING - length);
        more = false;
        break;
      }
      bytes += length;
      add(length);
    }
    return count;
  }

  /** Adds the frame that was read, if it is any good. */
  private void add(int length) {
    if (length < VirtioNet.ETHERNET) {
      drop(Drop.RX_RUNT, Math.max(0, length));
      return;
    }
    if (length > batch.longest()) {
      drop(Drop.RX_TOO_LONG, length);
      return;
    }
    batch.stageWhole(length);
    int slot = batch.size();
    check.read(batch, slot, VirtioNet.HEADER);
    Drop reason = check.asksNothing() ? addPlain(length) : addAsking(slot, length);
    if (reason != null) {
      drop(reason, length);
    }
  }

  private void drop(Drop reason, int length) {
    batch.stagePart(Math.min(length, batch.longest()), length);
    drops.countIn(reason, batch, batch.size());
  }

  /** Adds a frame of which nothing is left undone; says why if it cannot be. */
  private @Nullable Drop addPlain(int length) {
    if (length > longest) {
      return Drop.RX_TOO_LONG;
    }
    if (check.isVerified()) {
      batch.addVerified();
    } else {
      batch.addStaged();
    }
    return null;
  }

  private @Nullable Drop addAsking(int slot, int length) {
    frame.wrap(batch.memory(), batch.frameAt(slot), length, length);
    if (check.contradiction(frame) != null) {
      return Drop.RX_BAD_HEADER;
    }
    if (frame.l3Offset() + check.payload(frame) > longest) {
      return Drop.RX_TOO_LONG;
    }
    check.addTo(batch);
    return null;
  }

  /** A tap: each read gives a header and a frame. */
  static FrameSource tap(Fd fd) {
    return batch -> {
      long address = batch.memory().address() + batch.headerAt(batch.size());
      // A byte more than may be: a frame that fills it is too long.
      long result = Unistd.read(fd.number(), address, VirtioNet.HEADER + batch.longest() + 1L);
      return result < 0 ? FrameSource.NOTHING + (int) result : (int) result - VirtioNet.HEADER;
    };
  }

  private void log(int error) {
    if (error != Errno.EAGAIN && error != loggedError) {
      loggedError = error; // once, not at each look
      LOG.log(Level.WARNING, "tap " + name + ": nothing is received: " + Errno.message(error));
    }
  }

  @Override
  public String toString() {
    return "tap " + name;
  }
}
