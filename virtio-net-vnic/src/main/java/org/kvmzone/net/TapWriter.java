package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Iovec;
import org.kvmzone.bridge.ffi.SysUio;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.bridge.memory.Buffers;

/**
 * Writes one transmit queue's frames to a tap, a system call a frame, from where they are: the
 * checked copy of the beginning first. What the tap does not take for the moment (EAGAIN; it takes
 * all unless somebody has limited its send buffer) stays in the guest's ring until the descriptor
 * can be written again. Any other error loses the frame and counts it: the interface is down, or
 * gone.
 */
final class TapWriter {
  private static final Logger LOG = System.getLogger(TapWriter.class.getName());

  /** Pieces of a frame that the kernel takes (IOV_MAX); one in more pieces is copied before. */
  private static final int MAX_PIECES = 1024;

  private final String name;
  private final Fd fd;
  private final Drops drops;
  private final MemorySegment pieces =
      Arena.ofAuto().allocate(MAX_PIECES * Iovec.LAYOUT.byteSize(), 8);
  private final MemorySegment restPieces = pieces.asSlice(Iovec.LAYOUT.byteSize());
  private volatile boolean full;
  private int loggedError;

  /**
   * A writer to an open tap.
   *
   * @param name the interface's, for messages
   */
  TapWriter(String name, Fd fd, Drops drops) {
    this.name = name;
    this.fd = fd;
    this.drops = drops;
  }

  /** Sends frames; see {@link Vnic#send}. */
  int send(FrameBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      long result = write(batch, i);
      if (result == -Errno.EAGAIN) {
        full = true;
        return i;
      }
      if (result < 0) {
        drops.count(Drop.LINK_ERROR, batch.length(i));
        log((int) -result);
      }
    }
    full = false;
    return batch.size();
  }

  /** Whether frames were left in the guest's ring. */
  boolean isFull() {
    return full;
  }

  private long write(FrameBatch batch, int frame) {
    if (batch.rest(frame).count() >= MAX_PIECES) {
      batch.capture(frame);
    }
    long address = batch.memory().address() + batch.headerAt(frame);
    long length = (long) VirtioNet.HEADER + batch.captured(frame);
    Buffers rest = batch.rest(frame);
    if (rest.count() == 0) {
      return Unistd.write(fd.number(), address, length);
    }
    if (rest.count() >= MAX_PIECES) {
      return -Errno.EINVAL; // a frame of 64 KiB in more descriptors than any driver has use for
    }
    Iovec.set(pieces, 0, address, length);
    int count = 1 + rest.toIovecs(0, restPieces);
    return SysUio.writev(fd.number(), pieces.address(), count);
  }

  private void log(int error) {
    if (error != loggedError) {
      loggedError = error; // once, not for each frame
      LOG.log(Level.WARNING, "tap " + name + ": frames are lost: " + Errno.message(error));
    }
  }
}
