package org.kvmzone.blk;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.kvmzone.bridge.ffi.Errno;

/**
 * Tells the operator what a volume could not do: all of it to who watches {@code zvol:error}, and
 * to the log a line in ten seconds at most, so that a guest that asks again and again fills no
 * disk. Safe for several threads.
 */
final class VolumeErrors {
  private static final Logger LOG = System.getLogger(VolumeErrors.class.getName());
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(10);

  private final String disk;
  private final LongSupplier nanoTime;
  private boolean told;
  private long toldAt;
  private long untold;
  private boolean stopTold;

  /** Of a disk's volume. */
  VolumeErrors(String disk, LongSupplier nanoTime) {
    this.disk = disk;
    this.nanoTime = nanoTime;
  }

  /** An operation failed; what it could not do is told its guest by who calls this. */
  void report(BlockRequest request) {
    String op = word(request);
    int errno = request.errno();
    BlkProbes.ERROR.fire(disk, op, request.id(), errno, request.offset(), request.length());
    line(op, request.offset(), request.length(), errno)
        .ifPresent(line -> LOG.log(Level.WARNING, line));
  }

  /** An operation failed, and its guest is stopped for it. */
  void stopping(BlockRequest request) {
    String op = word(request);
    int errno = request.errno();
    BlkProbes.ERROR.fire(disk, op, request.id(), errno, request.offset(), request.length());
    stopLine(op, request.offset(), request.length(), errno)
        .ifPresent(line -> LOG.log(Level.ERROR, line));
  }

  /** What the log is to say of it: a line each time that the guest is stopped. */
  synchronized Optional<String> stopLine(String op, long offset, long length, int errno) {
    if (stopTold) {
      return Optional.empty();
    }
    stopTold = true;
    return Optional.of(
        "%s: %s of %d bytes at %d failed: %s; the guest is being stopped: %s, then have it go on with QMP's cont, and it is tried again"
            .formatted(
                disk,
                op,
                length,
                offset,
                Errno.message(errno),
                errno == Errno.ENOSPC ? "make room" : "mend the storage"));
  }

  /** A queue starts, as all do when a guest goes on. */
  synchronized void started() {
    stopTold = false;
  }

  /** What failed: of a write that is to be durable, it may be the flush behind it. */
  static String word(BlockRequest request) {
    return request.op() == ZvolRequest.Op.FLUSH ? request.op().word() : request.type().word();
  }

  /** What the log is to say of it, if it is time for another line. */
  synchronized Optional<String> line(String op, long offset, long length, int errno) {
    long now = nanoTime.getAsLong();
    if (told && now - toldAt < PAUSE) {
      untold++;
      return Optional.empty();
    }
    String more = untold == 0 ? "" : "; so did " + untold + " others since the last line";
    told = true;
    toldAt = now;
    untold = 0;
    return Optional.of(
        "%s: %s of %d bytes at %d failed: %s%s"
            .formatted(disk, op, length, offset, Errno.message(errno), more));
  }
}
