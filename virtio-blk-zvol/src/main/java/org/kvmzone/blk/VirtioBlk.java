package org.kvmzone.blk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.kvmzone.blk.BlockQueue.Disk;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.Limited;
import org.kvmzone.bridge.device.Resizable;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.probe.Counters;

/** A virtio block device (virtio 1.3 §5.2) on a volume, which it owns. */
public final class VirtioBlk implements VirtioDevice, Resizable, Limited {
  /** The longest serial, in bytes. */
  public static final int SERIAL_SIZE = 20;

  /** Choices of a driver, as they are kept. */
  private static final byte WRITEBACK = 1;

  private static final byte WRITETHROUGH = 2;

  static final long F_SEG_MAX = 1L << 2;
  static final long F_RO = 1L << 5;
  static final long F_BLK_SIZE = 1L << 6;
  static final long F_FLUSH = 1L << 9;
  static final long F_TOPOLOGY = 1L << 10;
  static final long F_CONFIG_WCE = 1L << 11;
  static final long F_MQ = 1L << 12;
  static final long F_DISCARD = 1L << 13;
  static final long F_WRITE_ZEROES = 1L << 14;

  private final Disk disk;
  private final Settings settings;
  private final String serial;
  private final Lane[] lanes;
  private final AtomicReferenceArray<@Nullable BlockQueue> queues;
  private final Runnable wake = this::wakeAll;
  private volatile List<BlockQueue> lingering = List.of();
  private boolean left; // by the guest, which has not arrived again

  /**
   * What an operator can choose.
   *
   * @param serial up to {@link #SERIAL_SIZE} characters of ASCII
   * @param queues offered; a driver or front end takes as many as it likes
   * @param threads that serve them, at most one for each queue
   * @param segMax the most pieces of memory in one request; a driver without indirect descriptors
   *     needs rings of two more (vhost-user.md T15)
   * @param syncAlways a completed write is durable, whatever a driver chooses
   * @param limits what it may do in a second
   * @param group the name of those that may do as much together
   */
  public record Settings(
      String serial,
      int queues,
      int threads,
      int segMax,
      boolean syncAlways,
      Limits limits,
      Optional<String> group) {
    /** Settings of a disk whose drivers choose when writes are durable, and without limits. */
    public Settings(String serial, int queues, int threads, int segMax) {
      this(serial, queues, threads, segMax, false, Limits.NONE, Optional.empty());
    }

    /** Checks the above. */
    public Settings {
      if (serial.length() > SERIAL_SIZE
          || !StandardCharsets.US_ASCII.newEncoder().canEncode(serial)) {
        throw new IllegalArgumentException("serial " + serial);
      }
      if (threads < 1 || queues < threads || segMax < 1) {
        throw new IllegalArgumentException(
            queues + " queues, " + threads + " threads, " + segMax + " segments");
      }
    }
  }

  /**
   * A disk called {@code id}, whose guest is told of every error.
   *
   * @throws VolumeException if its group has other limits
   */
  public VirtioBlk(String id, Zvol zvol, Settings settings) {
    this(id, zvol, settings, ErrorPolicy.REPORT);
  }

  /** The same, where other things may become of errors. */
  VirtioBlk(String id, Zvol zvol, Settings settings, ErrorPolicy policy) {
    this.settings = settings;
    this.serial = settings.serial;
    MemorySegment bytes = Arena.ofAuto().allocate(SERIAL_SIZE);
    bytes.copyFrom(MemorySegment.ofArray(serial.getBytes(StandardCharsets.US_ASCII)));
    lanes = new Lane[settings.queues];
    Arrays.setAll(lanes, Lane::new);
    queues = new AtomicReferenceArray<>(settings.queues);
    CacheMode cache = new CacheMode(zvol, settings.syncAlways);
    Limiter limiter = Limiter.join(settings.group, settings.limits, wake);
    VolumeErrors errors = new VolumeErrors(id, System::nanoTime);
    disk = new Disk(id, zvol, bytes, cache, limiter, policy, errors);
  }

  @Override
  public String id() {
    return disk.id();
  }

  @Override
  public long features() {
    return F_SEG_MAX
        | F_BLK_SIZE
        | F_FLUSH
        | F_TOPOLOGY
        | (disk.zvol().readOnly() ? F_RO : F_CONFIG_WCE | F_DISCARD | F_WRITE_ZEROES)
        | (settings.queues > 1 ? F_MQ : 0);
  }

  @Override
  public int queueCount() {
    return settings.queues;
  }

  @Override
  public int loopCount() {
    return settings.threads;
  }

  @Override
  public List<EventSource> sources(int loop) {
    return disk.zvol().sources(loop);
  }

  @Override
  public byte[] config() {
    return BlkConfig.of(disk.zvol(), settings, disk.cache());
  }

  @Override
  public boolean writeConfig(int offset, byte[] bytes) {
    if (disk.zvol().readOnly() || !BlkConfig.isWriteback(offset, bytes)) {
      return false;
    }
    // With sync=always, too: a driver that believes in a cache flushes it, for nothing.
    disk.cache().choose(bytes[0] != 0);
    return true;
  }

  @Override
  public boolean tracksInFlight() {
    return true;
  }

  @Override
  public byte choices() {
    return disk.cache().writeback() ? WRITEBACK : WRITETHROUGH;
  }

  @Override
  public void choose(byte chosen) {
    if (chosen == WRITEBACK || chosen == WRITETHROUGH) {
      disk.cache().choose(chosen == WRITEBACK);
    }
  }

  @Override
  public long resize(OptionalLong wanted) {
    try {
      return disk.zvol().resize(wanted);
    } catch (VolumeException e) {
      throw new SpecException("zvol " + disk.id() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public Map<String, String> limit(Map<String, String> changes) {
    if (!changes.isEmpty()) {
      disk.limiter().change(disk.id(), changes);
    }
    return disk.limiter().words();
  }

  /** Has all queues see what has changed. */
  private void wakeAll() {
    for (int i = 0; i < queues.length(); i++) {
      BlockQueue queue = queues.get(i);
      if (queue != null) {
        queue.wake();
      }
    }
  }

  @Override
  public void negotiated(long features) {
    disk.cache().negotiated(features);
  }

  @Override
  public Optional<String> arriving() {
    synchronized (this) {
      left = false; // before the claim is looked at: what hung may be coming back at this moment
    }
    return disk.zvol().claim();
  }

  /** What hangs may still be written: until it has come back the disk is nobody else's. */
  @Override
  public synchronized void departed() {
    left = true;
    List<BlockQueue> all = new ArrayList<>(lingering);
    for (int i = 0; i < queues.length(); i++) {
      Optional.ofNullable(queues.get(i)).ifPresent(all::add);
    }
    CompletableFuture<?>[] hanging =
        all.stream()
            .filter(BlockQueue::isDraining)
            .map(BlockQueue::stopped)
            .toArray(CompletableFuture[]::new);
    var _ = CompletableFuture.allOf(hanging).thenRun(this::letGo);
  }

  private synchronized void letGo() {
    if (left) {
      left = false;
      disk.zvol().letGo();
    }
  }

  @Override
  public void reset() {
    negotiated(0);
  }

  @Override
  public synchronized void started(DeviceQueue queue) {
    int index = queue.index();
    BlockQueue former = queues.get(index);
    List<BlockQueue> hanging = new ArrayList<>(lingering);
    if (former != null) {
      hanging.add(former);
    }
    hanging.removeIf(BlockQueue::isStopped);
    disk.errors().started();
    // First this, then that: a thread that misses a queue in the array finds it here.
    lingering = List.copyOf(hanging);
    queues.set(index, new BlockQueue(queue, disk, lanes[index], lingering));
  }

  @Override
  public int process(DeviceQueue queue, int budget) {
    return of(queue).process(budget);
  }

  @Override
  public boolean mayIdle(DeviceQueue queue) {
    return of(queue).mayIdle();
  }

  @Override
  public long sleepNanos(DeviceQueue queue) {
    return of(queue).sleepNanos();
  }

  /** Ours for that queue: the current one at its index, or a former one whose requests hang. */
  private BlockQueue of(DeviceQueue queue) {
    BlockQueue current = queues.get(queue.index());
    if (current != null && current.serves(queue)) {
      return current;
    }
    for (BlockQueue former : lingering) {
      if (former.serves(queue)) {
        return former;
      }
    }
    throw new IllegalStateException("queue " + queue.index() + " was not started");
  }

  @Override
  public DeviceReport report() {
    Map<String, String> properties = new LinkedHashMap<>(disk.zvol().properties());
    properties.put("size", Long.toString(disk.zvol().size()));
    properties.put("readonly", disk.zvol().readOnly() ? "on" : "off");
    properties.put("serial", serial);
    properties.put("guest_block_size", disk.zvol().blockSizes().toString());
    properties.put("cache", disk.cache().writeThrough() ? "writethrough" : "writeback");
    properties.putAll(disk.policy().words());
    properties.putAll(disk.limiter().words());
    properties.put("queues", Integer.toString(settings.queues));
    properties.put("threads", Integer.toString(settings.threads));
    return new DeviceReport(
        "zvol", properties, Counters.sum(Arrays.stream(lanes).map(Lane::counters).toList()));
  }

  @Override
  public void close() {
    disk.limiter().leave(wake);
    disk.zvol().close();
  }
}
