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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.NetworkDevice;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.memory.DirtyLog;
import org.kvmzone.bridge.memory.MemoryRegion.Description;
import org.kvmzone.bridge.virtqueue.Virtqueue;

/**
 * One connection of a front end to a device: reads messages until the connection ends or breaks,
 * and leaves no queue running, no descriptor open and no memory mapped.
 */
public final class Session {
  private static final Logger LOG = System.getLogger(Session.class.getName());

  private final VirtioDevice device;
  private final Offer offer;
  private final Wire wire;
  private final MemoryTable memory = new MemoryTable();
  private final Rings rings;
  private final SessionStatistics statistics;
  private final AtomicBoolean ended = new AtomicBoolean();

  private long protocolFeatures;
  private long status;
  private volatile @Nullable BackEndChannel channel;

  /**
   * A session that takes over a connected socket.
   *
   * @param loops the device's threads: queue q is served by number q mod n
   */
  public Session(
      VirtioDevice device, List<QueueLoop> loops, Fd socket, SessionStatistics statistics) {
    this.device = device;
    this.offer = new Offer(device);
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
      closeChannel();
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

  /**
   * Tells the front end, from any thread, that the device's configuration space has changed.
   *
   * @return whether it could be told
   */
  public boolean configChanged() {
    BackEndChannel open = channel;
    return open != null && open.configChanged();
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
      case Message.GetFeatures() -> wire.reply(request, offer.features());
      case Message.GetProtocolFeatures() -> wire.reply(request, offer.protocolFeatures());
      case Message.GetQueueCount() -> wire.reply(request, offer.queues());
      case Message.GetMaxMemorySlots() -> wire.reply(request, MemoryTable.MAX_REGIONS);
      case Message.GetStatus() -> wire.reply(request, status);
      case Message.GetRingBase(int ring) -> replyBase(request, ring);
      case Message.GetConfig config -> replyConfig(request, config);
      case Message.GetInflight asked -> replyInflight(request, asked);
      case Message.SetLog(long size, long offset, Fd file) -> {
        rings.log(mapped(() -> DirtyLog.map(file.number(), offset, size)));
        wire.reply(request, 0); // waited for, whatever was negotiated
      }
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
        if ((features & ~offer.protocolFeatures()) != 0) {
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
        if (size < 1 || size > Virtqueue.MAX_SIZE) {
          throw new RefusedException("ring " + ring + " of " + size + " entries");
        }
        rings.whileStopped(ring, "its size").size((int) size);
      }
      case Message.SetRingAddresses(int ring, long descriptors, long used, long available) ->
          rings.addresses(ring, descriptors, available, used);
      case Message.SetRingBase(int ring, long base) ->
          rings.whileStopped(ring, "its base").base((int) base);
      case Message.SetRingKick(int ring, Optional<Fd> file) -> rings.kick(ring, file);
      case Message.SetRingCall(int ring, Optional<Fd> file) -> rings.call(ring, file);
      case Message.SetRingError(int ring, Optional<Fd> file) -> rings.error(ring, file);
      case Message.SetRingEnable(int ring, boolean enabled) -> rings.enable(ring, enabled);
      case Message.SetInflight(long size, long offset, int queues, Fd file) ->
          setInflight(size, offset, queues, file);
      case Message.SetBackEndChannel(Fd socket) -> {
        closeChannel();
        channel = new BackEndChannel(new Fd(socket.release()));
      }
      case Message.Announce(long mac) -> network("SEND_RARP").announce(mac);
      case Message.SetMtu(long bytes) -> {
        if (!network("NET_SET_MTU").acceptsMtu(bytes)) {
          throw new RefusedException("an MTU of " + Long.toUnsignedString(bytes) + " bytes");
        }
      }
      case Message.SetConfig(int offset, byte[] bytes) -> {
        if (!device.writeConfig(offset, bytes)) {
          throw new RefusedException("configuration bytes at " + offset + " are read-only");
        }
        rings.keepChoices();
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

  private NetworkDevice network(String request) throws RefusedException {
    if (device instanceof NetworkDevice network) {
      return network;
    }
    throw new RefusedException(request + " is not for a device of this type");
  }

  private void closeChannel() {
    BackEndChannel open = channel;
    channel = null;
    if (open != null) {
      open.close();
    }
  }

  private void setFeatures(long features) throws ProtocolException, RefusedException {
    long unknown = features & ~offer.features();
    if (unknown != 0) {
      throw new RefusedException("features 0x" + Long.toHexString(unknown) + " were not offered");
    }
    rings.features(features);
  }

  /** What cannot be mapped is the front end's mistake. */
  private static <T> T mapped(Supplier<T> mapping) throws RefusedException {
    try {
      return mapping.get();
    } catch (IllegalArgumentException | NativeException e) {
      throw new RefusedException("" + e.getMessage());
    }
  }

  private void setInflight(long size, long offset, int queues, Fd file) throws RefusedException {
    requireInflight(queues);
    rings.inflight(mapped(() -> InflightArea.map(file, offset, size, queues)));
  }

  /** The front end keeps the file; here it is mapped when it comes back. */
  private void replyInflight(int request, Message.GetInflight asked)
      throws ProtocolException, RefusedException {
    requireInflight(asked.queues());
    long size = InflightArea.size(asked.queues(), asked.entries());
    try (Fd file = mapped(() -> InflightArea.create(size));
        Arena arena = Arena.ofConfined()) {
      MemorySegment body = arena.allocate(asked.bytes(), 8);
      body.set(ValueLayout.JAVA_LONG, 0, size);
      body.set(ValueLayout.JAVA_SHORT, 16, (short) asked.queues());
      body.set(ValueLayout.JAVA_SHORT, 18, (short) asked.entries());
      wire.reply(request, body, Optional.of(file));
    }
  }

  private void requireInflight(int queues) throws RefusedException {
    if (!device.tracksInFlight() || queues == 0 || queues > device.queueCount()) {
      throw new RefusedException("an in-flight area for " + queues + " queues");
    }
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

  /** A refusal has the size of an answer, and would be taken for ring 1 at base 0. */
  private void replyBase(int request, int ring) throws ProtocolException {
    int base;
    try {
      base = rings.reset(ring);
    } catch (RefusedException refused) {
      throw new ProtocolException(refused.what());
    }
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
