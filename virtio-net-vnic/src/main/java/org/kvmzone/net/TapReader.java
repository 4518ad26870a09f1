package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Unistd;

/**
 * Reads frames from one descriptor of a tap into private memory, a system call a frame, as long as
 * the guest has room: what it has no room for waits here, a batch of it, and in the tap's own
 * queue, whose overflow the kernel counts.
 */
final class TapReader implements EventSource {
  private static final Logger LOG = System.getLogger(TapReader.class.getName());

  private final String name;
  private final int pair;
  private final Fd fd;
  private final FrameSource source;
  private final List<TapWriter> writers;
  private final VnicClient client;
  private final Drops drops;
  private final FrameBatch batch;
  private long waiting; // of the batch: frames that found no room
  private int loggedError;

  /**
   * A reader of an open tap.
   *
   * @param name the interface's, for messages
   * @param source reads the descriptor
   * @param pair the pair of queues that its frames are for
   * @param writers those of all pairs of the device, this one's among them
   * @param longest the longest frame, bytes
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
    this.client = client;
    this.drops = drops;
    batch = new FrameBatch(FrameBatch.MAX_FRAMES, longest);
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
    boolean more = true;
    while (more && done < budget && waiting == 0) {
      int limit = Math.min(batch.capacity(), budget - done);
      int read = read(limit);
      waiting = batch.size() == 0 ? 0 : client.offer(pair, batch, batch.all());
      done += read;
      more = read == limit;
    }
    return done;
  }

  /** Fills the batch; returns how many frames were read, those that are no good included. */
  private int read(int limit) {
    batch.clear();
    int count = 0;
    while (count < limit) {
      int length = source.read(batch);
      if (length < FrameSource.NOTHING) {
        log(FrameSource.NOTHING - length);
        break;
      }
      count++;
      if (length < VirtioNet.ETHERNET) {
        drops.count(Drop.RX_RUNT, Math.max(0, length));
      } else if (length > batch.longest()) {
        drops.count(Drop.RX_TOO_LONG, length);
      } else {
        batch.addWhole(length);
      }
    }
    return count;
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
