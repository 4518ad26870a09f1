package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.XdpConsumer;
import org.kvmzone.bridge.ffi.XdpProducer;
import org.kvmzone.bridge.memory.Buffers;

/**
 * Sends one transmit queue's frames by an AF_XDP socket: each is copied to a chunk, or as many as
 * it needs, and the kernel called once for a batch, if it wants to be. What finds too few chunks
 * stays in the guest's ring: a frame's parts are in the transmit ring all at once, or none of them.
 * While the link is down or gone, frames are lost and counted, but for those that are in the ring
 * already.
 */
final class XdpWriter {
  private static final Logger LOG = System.getLogger(XdpWriter.class.getName());

  private final String name;
  private final XdpSocket socket;
  private final int chunk;
  private final XdpProducer transmit;
  private final XdpConsumer completed;
  private final Drops drops;
  private final Gate gate = new Gate();
  private final long[] free = new long[XdpSocket.SENDING];
  private int freeCount;
  private final Buffers parts = new Buffers(); // chunks that a long frame is copied to
  private volatile boolean full;
  private volatile boolean refused; // by the kernel, the last time that it was called
  private int loggedError;

  /**
   * A writer to a socket that nothing was sent by.
   *
   * @param name the link's, for messages
   */
  XdpWriter(String name, XdpSocket socket, Drops drops) {
    this.name = name;
    this.socket = socket;
    this.drops = drops;
    chunk = socket.chunk();
    transmit = socket.transmit();
    completed = socket.completed();
    for (int i = 0; i < free.length; i++) {
      free[freeCount++] = (long) (XdpSocket.RECEIVING + i) * chunk;
    }
  }

  /** Sends frames; see {@link Vnic#send}. */
  int send(FrameBatch batch) {
    if (!enter()) {
      return lose(batch);
    }
    try {
      return refused ? lose(batch) : sendSome(batch);
    } finally {
      gate.leave();
    }
  }

  /** The longest frame that is taken, bytes. */
  int longest() {
    return socket.longestSent();
  }

  /** Whether the calling thread has the ring now, alone; then it leaves. */
  boolean enter() {
    if (!gate.enter()) {
      return false;
    }
    if (refused) {
      call();
    }
    return true;
  }

  /** The thread that has entered has the ring no more. */
  void leave() {
    gate.leave();
  }

  /** Whether nobody can enter any more. */
  boolean isShut() {
    return gate.isShut();
  }

  /**
   * Puts a complete frame into the ring, or loses it; by the thread that has entered.
   *
   * @return false if it has no room for it now
   */
  boolean send(FrameBatch batch, int frame) {
    if (batch.length(frame) > longest()) {
      drops.countOut(Drop.TX_TOO_LONG, batch, frame);
    } else if (refused) {
      drops.countOut(Drop.LINK_ERROR, batch, frame);
    } else if (hasRoom(chunks(batch.length(frame)))) {
      push(batch, frame);
    } else {
      return false;
    }
    return true;
  }

  private boolean hasRoom(int chunks) {
    if (room() < chunks) {
      flush();
      takeBack();
    }
    return room() >= chunks;
  }

  /** How many chunks a frame needs. */
  private int chunks(int length) {
    return length <= chunk ? 1 : (length + chunk - 1) / chunk;
  }

  /** Has what is in the ring sent; by the thread that has entered. */
  void flush() {
    transmit.publish();
    if (transmit.wantsWakeup()) {
      call();
    }
  }

  private int lose(FrameBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      drops.countOut(Drop.LINK_ERROR, batch, i);
    }
    full = false;
    return batch.size();
  }

  private int sendSome(FrameBatch batch) {
    int taken = 0;
    while (true) {
      takeBack();
      taken = pushSome(batch, taken);
      flush();
      if (taken == batch.size()) {
        full = false;
        return taken;
      }
      full = true; // before the last look: whoever is told that there is room sees it
      takeBack();
      if (room() < chunks(batch.length(taken))) {
        return taken;
      }
    }
  }

  /** Copies frames as long as there are chunks; returns the first that found too few. */
  private int pushSome(FrameBatch batch, int first) {
    int room = room();
    for (int i = first; i < batch.size(); i++) {
      int length = batch.length(i);
      if (length > longest()) {
        drops.countOut(Drop.TX_TOO_LONG, batch, i);
        continue;
      }
      room -= chunks(length);
      if (room < 0) {
        return i;
      }
      push(batch, i);
    }
    return batch.size();
  }

  private void push(FrameBatch batch, int frame) {
    if (batch.length(frame) > chunk) {
      pushParts(batch, frame);
      return;
    }
    // Taken when it is full: who reads the guest's memory may find that it has gone.
    long at = free[freeCount - 1];
    copy(batch, frame, at);
    freeCount--;
    transmit.push(at, batch.length(frame));
  }

  /** The same of a frame in several chunks: all are full before the first is taken. */
  private void pushParts(FrameBatch batch, int frame) {
    int length = batch.length(frame);
    int last = chunks(length) - 1;
    parts.clear();
    for (int i = 0; i <= last; i++) {
      parts.add(socket.memory(), free[freeCount - 1 - i], Math.min(chunk, length - i * chunk));
    }
    batch.copyTo(frame, 0, parts, 0, length);
    for (int i = 0; i < last; i++) {
      transmit.pushPart(free[--freeCount], chunk);
    }
    transmit.push(free[--freeCount], length - last * chunk);
  }

  private void copy(FrameBatch batch, int frame, long at) {
    MemorySegment chunks = socket.memory();
    int captured = batch.captured(frame);
    MemorySegment.copy(batch.memory(), batch.frameAt(frame), chunks, at, captured);
    Buffers rest = batch.rest(frame);
    if (rest.count() > 0) {
      rest.copyTo(0, chunks, at + captured, rest.bytes());
    }
  }

  private int room() {
    return Math.min(freeCount, transmit.room());
  }

  private void takeBack() {
    int count = completed.available();
    for (int i = 0; i < count; i++) {
      free[freeCount++] = completed.address();
      completed.advance();
    }
    if (count > 0) {
      completed.release();
    }
  }

  /**
   * Has the kernel send what is in the ring, as much as it takes now: a part of it at a time.
   * Called by the receiver's thread, too, since it is the one that is told when the kernel goes on.
   */
  private void call() {
    int result;
    int before;
    do {
      before = transmit.taken();
      result = socket.send();
    } while (isForNow(-result) && transmit.isPending() && transmit.taken() != before);
    refused = result < 0 && !isForNow(-result);
    if (refused) {
      log(-result);
    }
  }

  private static boolean isForNow(int error) {
    return error == Errno.EAGAIN || error == Errno.EBUSY || error == Errno.ENOBUFS;
  }

  /** The kernel may go on: has it do so, if it was stopped. */
  void goOn() {
    if (transmit.isPending() && transmit.wantsWakeup()) {
      call();
    }
  }

  /** Whether frames were left in the guest's ring. */
  boolean isFull() {
    return full;
  }

  /** Nothing is sent any more, when this returns. */
  void shut() {
    gate.shut();
  }

  private void log(int error) {
    if (error != loggedError) {
      loggedError = error; // once, not for each batch
      LOG.log(Level.WARNING, "xdp over " + name + ": frames are lost: " + Errno.message(error));
    }
  }
}
