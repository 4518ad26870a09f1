package org.kvmzone.blk;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Unistd;

/**
 * A volume's claim on its storage: its locks and, on a block device, the exclusive use. It is given
 * up when the guest moves to another host, whose volume then takes it.
 *
 * <p>Both belong to the open file. So the claim changes by opening the storage anew, with it or
 * without, and putting that in the place of what was open: the descriptor keeps its number.
 */
final class Claim {
  private static final Logger LOG = System.getLogger(Claim.class.getName());

  /** How long the former holder may take to give up: it writes back what its guest has written. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Fd file;
  private final RawZvol.Options options;
  private boolean held;
  private boolean leaving;

  /** The claim on what was opened with these options. */
  Claim(Fd file, RawZvol.Options options) {
    this.file = file;
    this.options = options.ofAnySize();
    held = !options.incoming();
  }

  synchronized boolean isHeld() {
    return held;
  }

  /**
   * Takes the claim, unless it is held already.
   *
   * @return why that is not possible, in one line; nothing if it was
   */
  synchronized Optional<String> take() {
    leaving = false;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!held) {
      try {
        replace(RawTarget.open(options, true));
        held = true;
      } catch (VolumeException e) {
        if (System.nanoTime() > end) {
          return Optional.of("" + e.getMessage());
        }
        LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
      }
    }
    return Optional.empty();
  }

  /**
   * The guest has left: the claim is given up by the next {@link #giveUp}, if it was not taken
   * again.
   */
  synchronized void leave() {
    leaving = true;
  }

  /** Gives up the claim of a guest that has left; all that it wrote is durable. */
  synchronized void giveUp() {
    if (!leaving || !held) {
      return;
    }
    try {
      replace(RawTarget.open(options, false));
      held = false;
    } catch (VolumeException e) {
      LOG.log(Level.WARNING, "not given up, though its guest has left: " + e.getMessage());
    }
  }

  private void replace(RawTarget target) {
    try (Fd opened = target.file()) {
      int replaced = Unistd.dup3(opened.number(), file.number(), Fcntl.O_CLOEXEC);
      Errno.check(replaced, "open " + options.path() + " anew");
    }
  }
}
