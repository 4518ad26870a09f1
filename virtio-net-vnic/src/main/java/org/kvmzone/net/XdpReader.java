package org.kvmzone.net;

import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.XdpConsumer;
import org.kvmzone.bridge.ffi.XdpProducer;
import org.kvmzone.packet.Frame;

/**
 * Hands over what an AF_XDP socket receives, from the chunks where the kernel has put it: the one
 * copy is that to the guest's buffers. What the guest has no room for waits here, a batch of it,
 * and in the receive ring; when no chunk is left, the kernel drops and counts.
 */
final class XdpReader implements EventSource {
  private final String name;
  private final int pair;
  private final XdpSocket socket;
  private final XdpConsumer received;
  private final XdpProducer fill;
  private final XdpWriter writer;
  private final VnicClient client;
  private final Drops drops;
  private final int longest;
  private final Gate gate = new Gate();
  private final FrameBatch batch;
  private final Frame frame = new Frame();
  private final UnfinishedChecksum checksum = new UnfinishedChecksum();
  private final XdpChain chain;
  // Chunks of the batch, and of what was lost; some have waited in the chain.
  private final long[] held = new long[FrameBatch.MAX_FRAMES + XdpChain.MOST];
  private int heldCount;
  private long waiting; // of the batch: frames that found no room

  /**
   * A reader of a socket.
   *
   * @param name the link's, for messages
   * @param pair the pair of queues that its frames are for
   * @param writer of the same socket
   * @param longest bytes of the network's longest frame
   */
  XdpReader(
      String name,
      int pair,
      XdpSocket socket,
      XdpWriter writer,
      int longest,
      VnicClient client,
      Drops drops) {
    this.name = name;
    this.pair = pair;
    this.socket = socket;
    this.writer = writer;
    this.longest = longest;
    this.client = client;
    this.drops = drops;
    received = socket.received();
    fill = socket.fill();
    chain = new XdpChain(socket.memory(), longest);
    batch = new FrameBatch(FrameBatch.MAX_FRAMES, longest);
  }

  @Override
  public int fd() {
    return socket.fd().number();
  }

  @Override
  public int poll(int budget) {
    if (!gate.enter()) {
      return 0;
    }
    try {
      writer.goOn();
      if (writer.isFull()) {
        client.writable(pair);
      }
      return receive(budget);
    } finally {
      gate.leave();
    }
  }

  private int receive(int budget) {
    if (waiting != 0) {
      offer(waiting);
    }
    int done = 0;
    while (done < budget && waiting == 0) {
      int count = read(Math.min(batch.capacity(), budget - done));
      if (count == 0) {
        break;
      }
      done += count;
      offer(batch.all());
    }
    return done;
  }

  /** Offers frames of the batch; when all are settled, their chunks are received to again. */
  private void offer(long frames) {
    waiting = frames == 0 ? 0 : client.offer(pair, batch, frames);
    if (waiting != 0) {
      return;
    }
    for (int i = 0; i < heldCount; i++) {
      fill.push(held[i]);
    }
    heldCount = 0;
    fill.publish();
    if (fill.wantsWakeup()) {
      socket.receive();
    }
  }

  /** Fills the batch; returns how many chunks were read, those of frames that are no good, too. */
  private int read(int limit) {
    batch.clear();
    int count = Math.min(limit, received.available());
    boolean within = chain.isOpen();
    for (int i = 0; i < count; i++) {
      long at = received.address();
      int length = received.length();
      boolean continued = received.isContinued();
      received.advance();
      if (within || continued) {
        addPart(at, length, !continued);
      } else {
        hold(at);
        batch.stage(socket.memory(), at, 0, length);
        add(length);
      }
      within = continued;
    }
    received.release();
    return count;
  }

  private void hold(long at) {
    held[heldCount++] = at & -socket.chunk();
  }

  /** A part of a frame in several chunks: with the last one it is whole. */
  private void addPart(long at, int length, boolean last) {
    if (chain.isLost()) {
      hold(at);
    } else if (!chain.add(at, length)) {
      hold(at);
      stageChain();
      drops.countIn(Drop.RX_TOO_LONG, batch, batch.size());
      chain.lose();
    } else if (last) {
      stageChain();
      add(chain.length());
    }
    if (last) {
      chain.end();
    }
  }

  private void stageChain() {
    for (int i = 0; i < chain.count(); i++) {
      hold(chain.place(i));
    }
    batch.stage(chain.parts(), 0, chain.length());
  }

  /** Adds the frame that was staged, if it is good. */
  private void add(int length) {
    int slot = batch.size();
    if (length < VirtioNet.ETHERNET) {
      drops.countIn(Drop.RX_RUNT, batch, slot);
      return;
    }
    if (length > longest) {
      drops.countIn(Drop.RX_TOO_LONG, batch, slot);
      return;
    }
    frame.wrap(batch.memory(), batch.frameAt(slot), batch.captured(slot), length);
    if (checksum.isIn(frame, batch.memory(), batch.frameAt(slot))) {
      checksum.addTo(batch);
    } else {
      batch.addStaged();
    }
  }

  /** Nothing is handed over any more, when this returns. */
  void shut() {
    gate.shut();
  }

  @Override
  public String toString() {
    return "xdp over " + name + " queue " + pair;
  }
}
