package org.kvmzone.blk;

/**
 * Whether a disk's completed writes are durable. A write-back cache is there only for a driver that
 * can flush it: one that did not take FLUSH takes a completed write for a durable one (virtio 1.3
 * §5.2.6.2). One that took CONFIG_WCE besides may have it write through, and back again, at any
 * time (§5.2.5.2). A volume with {@code sync=always} writes through whatever its driver likes.
 *
 * <p>What a driver has chosen outlives its resets: QEMU keeps a copy of the field and does not ask
 * again, and its guest would take writes for durable that are not.
 */
final class CacheMode {
  private final Zvol zvol;
  private final boolean always;
  private final Commit commit = new Commit();
  private boolean writeback = true;
  private long features;
  private volatile boolean writeThrough = true;

  /** The cache of a volume; with {@code always} it writes through for ever. */
  CacheMode(Zvol zvol, boolean always) {
    this.zvol = zvol;
    this.always = always;
  }

  /** A driver has agreed on features, or been reset and on none. */
  synchronized void negotiated(long agreed) {
    features = agreed;
    apply();
  }

  /** The driver writes the field {@code writeback}. */
  synchronized void choose(boolean wanted) {
    writeback = wanted;
    apply();
  }

  private void apply() {
    boolean before = writeThrough;
    boolean chosen = (features & VirtioBlk.F_CONFIG_WCE) != 0 && !writeback;
    writeThrough = always || (features & VirtioBlk.F_FLUSH) == 0 || chosen;
    if (chosen && !before) {
      // What was complete before is as durable now as what completes from now on, or will soon be.
      commit.begin();
    }
  }

  /** The field {@code writeback}, as the driver reads it. */
  synchronized boolean writeback() {
    return writeback && !always;
  }

  /** Whether a write must be durable before it completes. */
  boolean writeThrough() {
    return writeThrough;
  }

  /** A flush of ours; while one is under way, one more at most waits for it. */
  private final class Commit extends ZvolRequest {
    private boolean underWay;
    private boolean again;

    void begin() {
      synchronized (this) {
        if (underWay) {
          again = true;
          return;
        }
        underWay = true;
      }
      flush();
      zvol.submit(this);
    }

    /** Should it fail, no later flush succeeds either: the driver hears of it with its next. */
    @Override
    public void complete(int errno) {
      boolean more;
      synchronized (this) {
        underWay = false;
        more = again;
        again = false;
      }
      if (more) {
        begin();
      }
    }
  }
}
