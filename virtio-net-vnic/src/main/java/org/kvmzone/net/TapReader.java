package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
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
  private final List<TapWriter> writers;
  private final VnicClient client;
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
   * @param pair the pair of queues that its frames are for
   * @param writers those of all pairs of the device, this one's among them
   */
  TapReader(String name, int pair, Fd fd, List<TapWriter> writers, VnicClient client, Drops drops) {
    this.name = name;
    this.pair = pair;
    this.fd = fd;
    this.writers = writers;
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
      long address = batch.memory().address() + batch.headerAt(batch.size());
      // A byte more than may be: a frame that fills it is too long.
      long result = Unistd.read(fd.number(), address, VirtioNet.HEADER + batch.longest() + 1L);
      if (result < 0) {
        log((int) -result);
        more = false;
        break;
      }
      bytes += result;
      add((int) result - VirtioNet.HEADER);
    }
    return count;
  }

  /** Adds the frame that was read, if it is any good. */
  private void add(int length) {
    if (length < VirtioNet.ETHERNET) {
      drops.count(Drop.RX_RUNT, Math.max(0, length));
      return;
    }
    if (length > batch.longest()) {
      drops.count(Drop.RX_TOO_LONG, length);
      return;
    }
    batch.stageWhole(length);
    int slot = batch.size();
    check.read(batch, slot, VirtioNet.HEADER);
    if (check.asksNothing()) {
      if (check.isVerified()) {
        batch.addVerified();
      } else {
        batch.addStaged();
      }
      return;
    }
    frame.wrap(batch.memory(), batch.frameAt(slot), length, length);
    Drop contradiction = check.contradiction(frame);
    if (contradiction == null) {
      check.addTo(batch);
    } else {
      drops.count(Drop.RX_BAD_HEADER, length);
    }
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
