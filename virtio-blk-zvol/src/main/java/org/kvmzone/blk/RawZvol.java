package org.kvmzone.blk;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.Unistd;

/**
 * A volume that is a raw file or a block device.
 *
 * <p>How it is read and written depends on what it is ({@link Medium}) and what its operator says.
 * Flushes have a thread, unless there is nothing that they could wait for; discards and zeroes have
 * another. Flushes that wait together are served by one {@code fdatasync}.
 *
 * <p>The file is locked as QEMU locks its images, see {@link ImageLock}; a block device is claimed
 * exclusively besides, so that it can be neither mounted nor part of anything else.
 */
public final class RawZvol implements Zvol {
  private static final Logger LOG = System.getLogger(RawZvol.class.getName());
  private static final long CLOSE_MILLIS = 1000;
  private static final long CLOSE_NANOS = TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);

  private final String name;
  private final Fd file;
  private final boolean device;
  private final boolean flushesAtOnce;
  private final boolean readOnly;
  private volatile long size;
  private final BlockSizes blockSizes;
  private final boolean direct;
  private final Transfer transfer;
  private final Engine engine;
  private final Ranges ranges;
  private final Claim claim;
  private final Worker flusher;
  private final Worker changer;
  private volatile boolean closed;
  private int flushErrno; // the flusher's

  /**
   * What is to be opened, and how.
   *
   * @param path the file or device
   * @param readOnly opened for reading only, and shared with others who do so
   * @param size bytes: a file that does not exist is created, sparse; one that does must have it
   * @param blockSizes instead of what the device says, or 512/4096 for a file
   * @param incoming in use elsewhere until {@link Zvol#claim}
   * @param engine how it is read and written
   * @param direct whether its page cache is passed by, instead of what suits it
   */
  public record Options(
      Path path,
      boolean readOnly,
      OptionalLong size,
      Optional<BlockSizes> blockSizes,
      boolean incoming,
      EngineKind engine,
      Optional<Boolean> direct) {
    /** Options of a volume that is claimed when it is opened, and served as suits it. */
    public Options(
        Path path, boolean readOnly, OptionalLong size, Optional<BlockSizes> blockSizes) {
      this(path, readOnly, size, blockSizes, false);
    }

    /** Options of a volume that is served as suits it. */
    public Options(
        Path path,
        boolean readOnly,
        OptionalLong size,
        Optional<BlockSizes> blockSizes,
        boolean incoming) {
      this(path, readOnly, size, blockSizes, incoming, EngineKind.AUTO, Optional.empty());
    }

    Options ofAnySize() {
      return new Options(
          path, readOnly, OptionalLong.empty(), blockSizes, incoming, engine, direct);
    }
  }

  private RawZvol(RawTarget target, Options options) {
    name = options.path.toString();
    file = target.file();
    device = target.device();
    flushesAtOnce = target.medium().flushesAtOnce();
    readOnly = options.readOnly;
    size = target.size();
    blockSizes = target.blockSizes();
    direct = target.alignment().isStrict();
    transfer = target.transfer(options);
    engine = Engines.of(target, options, transfer);
    ranges = new Ranges(file, device, target.freed(), transfer);
    claim = new Claim(file, options);
    Path leaf = options.path.getFileName();
    flusher = new Worker("flush " + leaf, this::sync, request -> flushErrno);
    changer = new Worker("discard " + leaf, () -> {}, this::change);
  }

  /**
   * Opens a volume.
   *
   * @throws VolumeException saying what is wrong with it and what to do: it is missing, of a wrong
   *     kind or size, in use
   */
  public static RawZvol open(Options options) {
    RawTarget target = RawTarget.open(options);
    try {
      return new RawZvol(target, options);
    } catch (RuntimeException e) {
      target.file().close();
      throw e;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public synchronized long resize(OptionalLong wanted) {
    try {
      long now = RawTarget.size(file, device, Path.of(name));
      if (wanted.isPresent()) {
        now = grow(now, wanted.getAsLong());
      }
      long whole = now - now % blockSizes.logical();
      if (whole < size) {
        throw new VolumeException(
            "%s has %d bytes now and had %d when the guest was told: make it as large again"
                .formatted(name, now, size));
      }
      if (whole > size) {
        transfer.grow(whole);
      }
      size = whole;
      return whole;
    } catch (NativeException e) {
      throw new VolumeException(e);
    }
  }

  private long grow(long now, long wanted) {
    if (wanted < size || wanted % blockSizes.logical() != 0) {
      throw new VolumeException(
          "%s cannot have %d bytes: give %d or more, a multiple of %d"
              .formatted(name, wanted, size, blockSizes.logical()));
    }
    if (wanted <= now) {
      return wanted;
    }
    if (device || readOnly) {
      throw new VolumeException(
          "%s has %d bytes, not %d: grow it first%s"
              .formatted(name, now, wanted, device ? " (a zvol: zfs set volsize=)" : ""));
    }
    Errno.check(
        Unistd.ftruncate(file.number(), wanted), "grow " + name + " to " + wanted + " bytes");
    Errno.check(Unistd.fsync(file.number()), "fsync " + name);
    return wanted;
  }

  @Override
  public BlockSizes blockSizes() {
    return blockSizes;
  }

  @Override
  public boolean readOnly() {
    return readOnly;
  }

  @Override
  public Map<String, String> properties() {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("path", name);
    properties.put("target", device ? "block device" : "file");
    properties.put("engine", engine.word());
    properties.put("direct", direct ? "on" : "off");
    return properties;
  }

  @Override
  public void submit(ZvolRequest request) {
    int errno = fault(request);
    if (errno != 0) {
      request.complete(errno);
      return;
    }
    switch (request.op()) {
      case READ, WRITE -> engine.submit(request);
      case FLUSH -> {
        if (readOnly) {
          request.complete(0);
        } else if (flushesAtOnce) {
          request.complete(-Unistd.fdatasync(file.number()));
        } else {
          flusher.submit(request);
        }
      }
      case DISCARD, WRITE_ZEROES -> changer.submit(request);
    }
  }

  @Override
  public void endBatch() {
    engine.endBatch();
  }

  @Override
  public List<EventSource> sources(int loop) {
    return engine.sources(loop);
  }

  @Override
  public Optional<String> claim() {
    boolean anew = !claim.isHeld();
    Optional<String> obstacle = claim.take();
    if (anew && obstacle.isEmpty()) {
      try {
        long _ = resize(OptionalLong.empty()); // it may have grown where it was
      } catch (VolumeException e) {
        return Optional.of("" + e.getMessage());
      }
    }
    return obstacle;
  }

  /** Gives the claim up when all is durable; that may take longer than anybody waits here. */
  @Override
  public void letGo() {
    claim.leave();
    ZvolRequest flush =
        new ZvolRequest() {
          @Override
          public void complete(int errno) {
            if (errno == 0) {
              claim.giveUp();
            }
          }
        };
    flush.flush();
    submit(flush);
  }

  private int fault(ZvolRequest request) {
    return closed ? Errno.EBADF : request.fault(this);
  }

  /** Serves all flushes that wait: each was submitted before, so all that it covers is written. */
  private void sync() {
    if (flushErrno != 0) {
      return;
    }
    do {
      flushErrno = -Unistd.fdatasync(file.number());
    } while (flushErrno == Errno.EINTR);
    if (flushErrno != 0) {
      // Linux reports a failed write-back once and may have dropped the data: a flush that
      // succeeded after this one would be a lie.
      LOG.log(
          Level.ERROR,
          name
              + ": flush failed, and fails from now on until it is opened again: "
              + Errno.message(flushErrno));
    }
  }

  private int change(ZvolRequest request) {
    return request.op() == ZvolRequest.Op.DISCARD
        ? ranges.discard(request.offset(), request.length())
        : ranges.writeZeroes(request.offset(), request.length(), request.mayUnmap());
  }

  @Override
  public void close() {
    closed = true;
    if (tryClose()) {
      return;
    }
    LOG.log(
        Level.WARNING,
        name + ": an operation hangs; the volume stays open and locked until it comes back");
    Thread closer = new Thread(this::closeLate, "close " + Path.of(name).getFileName());
    closer.setDaemon(true);
    closer.start();
  }

  private void closeLate() {
    while (!tryClose()) {
      LockSupport.parkNanos(CLOSE_NANOS); // what hangs is waited for besides, if that can be
    }
    LOG.log(Level.INFO, name + ": what hung has come back; the volume is closed");
  }

  private boolean tryClose() {
    boolean flushed = flusher.close(CLOSE_MILLIS);
    boolean changed = changer.close(CLOSE_MILLIS);
    boolean moved = engine.close(CLOSE_MILLIS);
    if (!flushed || !changed || !moved) {
      return false;
    }
    transfer.close();
    file.close();
    return true;
  }
}
