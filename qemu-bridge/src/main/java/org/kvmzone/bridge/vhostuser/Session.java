package org.kvmzone.bridge.vhostuser;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.memory.MemoryRegion.Description;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.bridge.virtqueue.SplitVirtqueue;

/**
 * One connection of a front end to a device: reads messages until the connection ends or breaks,
 * and leaves no queue running, no descriptor open and no memory mapped.
 */
public final class Session {
  private static final Logger LOG = System.getLogger(Session.class.getName());

  /** What the back end adds to a device's own feature bits. */
  private static final long TRANSPORT_FEATURES =
      Features.VERSION_1
          | Features.INDIRECT_DESC
          | Features.EVENT_IDX
          | ProtocolFeatures.NEGOTIABLE;

  private static final int NET = 1; // device type (virtio 1.3 §5)

  private final VirtioDevice device;
  private final Wire wire;
  private final MemoryTable memory = new MemoryTable();
  private final Rings rings;
  private final SessionStatistics statistics;
  private final AtomicBoolean ended = new AtomicBoolean();

  private long protocolFeatures;
  private long status;

  /**
   * A session that takes over a connected socket.
   *
   * @param loops the device's threads: queue q is served by number q mod n
   */
  public Session(
      VirtioDevice device, List<QueueLoop> loops, Fd socket, SessionStatistics statistics) {
    this.device = device;
    this.wire = new Wire(socket);
    this.statistics = statistics;
    this.rings = new Rings(device, loops, memory, statistics);
  }

  /** Serves the connection until it ends. Throws nothing. */
  public void run() {
    statistics.connected(true);
    LOG.log(Level.DEBUG, device.id() + ": front end connected");
    try {
      Optional<Frame> next = wire.receive();
      while (next.isPresent()) {
        try (Frame frame = next.get()) {
          handle(frame);
        }
        next = wire.receive();
      }
      LOG.log(Level.DEBUG, device.id() + ": front end closed the connection");
    } catch (ProtocolException broken) {
      if (!ended.get()) {
        statistics.count(SessionCounter.BROKEN);
        LOG.log(Level.WARNING, device.id() + ": connection closed: " + broken.what());
      }
    } catch (Throwable thrown) {
      statistics.count(SessionCounter.BROKEN);
      LOG.log(Level.ERROR, device.id() + ": connection closed", thrown);
    } finally {
      // The socket first: whatever the rings still do, the front end does not wait for it.
      ended.set(true);
      wire.shutdown();
      rings.abandon();
      memory.release();
      wire.close();
      statistics.connected(false);
    }
  }

  /** Ends the connection, from any thread; {@link #run} returns soon. */
  public void close() {
    if (!ended.getAndSet(true)) {
      wire.shutdown();
    }
  }

  private void handle(Frame frame) throws ProtocolException {
    statistics.count(SessionCounter.MESSAGES);
    boolean acknowledge = frame.needReply() && (protocolFeatures & ProtocolFeatures.REPLY_ACK) != 0;
    try {
      Message message =
          MessageDecoder.decode(frame)
              .orElseThrow(() ->
                  new RefusedException(MessageDecoder.name(frame.request()) + " is not served"));
      if (!answer(frame, message)) {
        act(message);
        if (acknowledge) {
          wire.reply(frame.request(), 0);
        }
      }
    } catch (RefusedException refused) {
      statistics.count(SessionCounter.REFUSED);
      if (!acknowledge) {
        throw new ProtocolException(refused.what());
      }
      LOG.log(Level.WARNING, device.id() + ": refused: " + refused.what());
      wire.reply(frame.request(), 1);
    }
  }

  /** Questions: they are answered whether or not an acknowledgement was asked for, and once. */
  private boolean answer(Frame frame, Message message) throws ProtocolException, RefusedException {
    int request = frame.request();
    switch (message) {
      case Message.GetFeatures() -> wire.reply(request, offeredFeatures());
      case Message.GetProtocolFeatures() -> wire.reply(request, offeredProtocolFeatures());
      case Message.GetQueueCount() -> wire.reply(request, announcedQueues());
      case Message.GetMaxMemorySlots() -> wire.reply(request, MemoryTable.MAX_REGIONS);
      case Message.GetStatus() -> wire.reply(request, status);
      case Message.GetRingBase(int ring) -> replyBase(request, ring);
      case Message.GetConfig config -> replyConfig(request, config);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void act(Message message) throws ProtocolException, RefusedException {
    switch (message) {
      case Message.SetFeatures(long features) -> setFeatures(features);
      case Message.SetProtocolFeatures(long features) -> {
        if ((features & ~offeredProtocolFeatures()) != 0) {
          throw new RefusedException("protocol features 0x" + Long.toHexString(features));
        }
        protocolFeatures = features;
      }
      case Message.SetMemoryTable(List<Description> regions, List<Fd> files) ->
          setMemory(regions, files);
      case Message.AddMemoryRegion(Description region, Fd file) -> {
        memory.add(region, file);
        rings.memoryGrew();
      }
      case Message.RemoveMemoryRegion(Description region) -> {
        rings.stopAll();
        memory.remove(region);
        rings.startReady();
      }
      case Message.SetRingSize(int ring, long size) -> {
        if (size > SplitVirtqueue.MAX_SIZE || !SplitVirtqueue.isValidSize((int) size)) {
          throw new RefusedException("ring " + ring + " of " + size + " entries");
        }
        rings.whileStopped(ring, "its size").size((int) size);
      }
      case Message.SetRingAddresses(int ring, long descriptors, long used, long available) ->
          rings.addresses(ring, descriptors, available, used);
      case Message.SetRingBase(int ring, long base) -> {
        if (base > 0xffff) {
          throw new RefusedException("ring " + ring + " with base " + base);
        }
        rings.whileStopped(ring, "its base").base((int) base);
      }
      case Message.SetRingKick(int ring, Optional<Fd> file) -> rings.kick(ring, file);
      case Message.SetRingCall(int ring, Optional<Fd> file) -> rings.call(ring, file);
      case Message.SetRingError(int ring, Optional<Fd> file) -> rings.error(ring, file);
      case Message.SetRingEnable(int ring, boolean enabled) -> rings.enable(ring, enabled);
      case Message.SetConfig(int offset, byte[] bytes) -> {
        if (!device.writeConfig(offset, bytes)) {
          throw new RefusedException("configuration bytes at " + offset + " are read-only");
        }
      }
      case Message.ResetDevice() -> {
        rings.resetAll();
        device.reset();
        status = 0;
      }
      // 7.2 sends 0 before it stops the rings, so the byte is only kept (vhost-user.md T3).
      case Message.SetStatus(long value) -> status = value & 0xff;
      // Nothing follows from who owns the device; RESET_OWNER is deprecated.
      case Message.SetOwner() -> {}
      case Message.ResetOwner() -> {}
      default -> throw new IllegalStateException("not answered: " + message);
    }
  }

  private long offeredFeatures() {
    return device.features() | TRANSPORT_FEATURES;
  }

  private long offeredProtocolFeatures() {
    return ProtocolFeatures.MQ
        | ProtocolFeatures.REPLY_ACK
        | ProtocolFeatures.RESET_DEVICE
        | ProtocolFeatures.CONFIGURE_MEM_SLOTS
        | ProtocolFeatures.STATUS
        | (device.config().length > 0 ? ProtocolFeatures.CONFIG : 0);
  }

  /** QEMU reads the number as pairs of queues for a network card, as queues for a disk. */
  private int announcedQueues() {
    return device.type() == NET ? device.queueCount() / 2 : device.queueCount();
  }

  private void setFeatures(long features) throws RefusedException {
    if ((features & ~offeredFeatures()) != 0) {
      throw new RefusedException(
          "features 0x" + Long.toHexString(features & ~offeredFeatures()) + " were not offered");
    }
    rings.features(features);
  }

  private void setMemory(List<Description> regions, List<Fd> files)
      throws ProtocolException, RefusedException {
    rings.stopAll();
    memory.clear();
    for (int i = 0; i < regions.size(); i++) {
      memory.add(regions.get(i), files.get(i));
    }
    rings.startReady();
  }

  private void replyBase(int request, int ring) throws ProtocolException, RefusedException {
    int base = rings.reset(ring);
    try (Arena arena = Arena.ofConfined()) {
      wire.reply(request, arena.allocateFrom(ValueLayout.JAVA_INT, ring, base));
    }
  }

  /** Answers exactly as many bytes as were asked for; what the device lacks reads as zero. */
  private void replyConfig(int request, Message.GetConfig asked) throws ProtocolException {
    byte[] space = Arrays.copyOf(device.config(), MessageDecoder.CONFIG_SIZE);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment body = arena.allocate(12L + asked.size(), 4);
      body.set(ValueLayout.JAVA_INT, 0, asked.offset());
      body.set(ValueLayout.JAVA_INT, 4, asked.size());
      body.set(ValueLayout.JAVA_INT, 8, asked.flags());
      MemorySegment.copy(space, asked.offset(), body, ValueLayout.JAVA_BYTE, 12, asked.size());
      wire.reply(request, body);
    }
  }
}
