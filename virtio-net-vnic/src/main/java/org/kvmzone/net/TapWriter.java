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

  /**
   * Pieces of a frame's rest that the kernel takes, with a header and a beginning before them
   * (IOV_MAX is 1024); one in more pieces is copied before.
   */
  static final int MAX_PIECES = 1022;

  private final String name;
  private final Fd fd;
  private final int header;
  private final Offloads offloads;
  private final Drops drops;
  private final MemorySegment pieces =
      Arena.ofAuto().allocate((2 + MAX_PIECES) * Iovec.LAYOUT.byteSize(), 8);
  private final MemorySegment restPieces = pieces.asSlice(2 * Iovec.LAYOUT.byteSize());
  private volatile boolean full;
  private int loggedError;

  /**
   * A writer to an open tap.
   *
   * @param name the interface's, for messages
   * @param header bytes of the virtio-net header that it takes
   * @param offloads what it takes of a frame undone
   */
  TapWriter(String name, Fd fd, int header, Offloads offloads, Drops drops) {
    this.name = name;
    this.fd = fd;
    this.header = header;
    this.offloads = offloads;
    this.drops = drops;
  }

  /** Sends frames; see {@link Vnic#send}. */
  int send(FrameBatch batch) {
    int sent = 0;
    while (sent < batch.size() && sendOrLose(batch, sent)) {
      sent++;
    }
    full = sent < batch.size();
    return sent;
  }

  /**
   * Sends those frames of a batch that have their bit set, whoever has left them undone; by the
   * thread that has filled the batch.
   *
   * @return those that the tap does not take for the moment: all from a certain one on
   */
  long sendEach(FrameBatch batch, long frames) {
    long left = frames;
    while (left != 0 && send(batch, Long.numberOfTrailingZeros(left))) {
      left &= left - 1;
    }
    return left;
  }

  /** The same of one frame; false if the tap does not take it for the moment. */
  boolean send(FrameBatch batch, int frame) {
    if (batch.isUnsegmented(frame) && !offloads.mayLeave(batch.gso(frame))) {
      return batch.segmenter().send(batch, frame, this::sendOrLose, drops);
    }
    return sendOrLose(batch, frame);
  }

  private boolean sendOrLose(FrameBatch batch, int frame) {
    long result = write(batch, frame);
    if (result == -Errno.EAGAIN) {
      return false;
    }
    if (result < 0) {
      drops.countOut(Drop.LINK_ERROR, batch, frame);
      log((int) -result);
    }
    return true;
  }

  /** Whether frames were left in the guest's ring. */
  boolean isFull() {
    return full;
  }

  private long write(FrameBatch batch, int frame) {
    if (batch.rest(frame).count() > MAX_PIECES) {
      batch.capture(frame);
    }
    long address = batch.memory().address();
    long captured = batch.captured(frame);
    Buffers rest = batch.rest(frame);
    if (rest.count() == 0 && header == VirtioNet.HEADER) {
      return Unistd.write(fd.number(), address + batch.headerAt(frame), header + captured);
    }
    if (rest.count() > MAX_PIECES) {
      return -Errno.EINVAL; // a frame of 64 KiB in more descriptors than any driver has use for
    }
    Iovec.set(pieces, 0, address + batch.headerAt(frame), header);
    Iovec.set(pieces, 1, address + batch.frameAt(frame), captured);
    int count = rest.count() == 0 ? 2 : 2 + rest.toIovecs(0, restPieces);
    return SysUio.writev(fd.number(), pieces.address(), count);
  }

  private void log(int error) {
    if (error != loggedError) {
      loggedError = error; // once, not for each frame
      LOG.log(Level.WARNING, "tap " + name + ": frames are lost: " + Errno.message(error));
    }
  }
}
