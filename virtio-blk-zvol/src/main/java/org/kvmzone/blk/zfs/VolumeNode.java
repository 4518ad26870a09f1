package org.kvmzone.blk.zfs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** The device node of a volume, which somebody else makes: the kernel and udev, or devfs. */
public final class VolumeNode {
  /** How long udev may take; on a busy machine it takes seconds for a burst of new volumes. */
  public static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration GLANCE = Duration.ofMillis(10);
  private static final Path CONTROL = Path.of("/dev/zfs");

  private VolumeNode() {}

  /** Where a volume's device is on this system. */
  public static Path of(DatasetName volume) {
    return of(volume, System.getProperty("os.name", ""));
  }

  /**
   * Where a volume's device is: the raw, uncached one on illumos; on Linux there is one only, and
   * its name has a plus for a blank, as zvol_id(8) has it.
   */
  static Path of(DatasetName volume, String system) {
    return system.equals("SunOS")
        ? Path.of("/dev/zvol/rdsk", volume.path())
        : Path.of("/dev/zvol", volume.path().replace(' ', '+'));
  }

  /**
   * Waits until a volume's device is there, for {@link #PATIENCE} at most.
   *
   * @throws ZfsException if it does not come
   */
  public static Path await(DatasetName volume) {
    if (Files.notExists(CONTROL)) {
      throw ZfsException.missing("there is no " + CONTROL);
    }
    Path node = of(volume);
    await(node, volume, PATIENCE);
    return node;
  }

  /** Waits until a node is there, and is not one that udev has forgotten to remove. */
  static void await(Path node, DatasetName volume, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    while (Files.notExists(node)) {
      if (System.nanoTime() - end > 0) {
        throw ZfsException.failed(
            "%s has no device %s, %d s after it was asked for: is there such a volume (kvmzone volume list), is its volmode not none, and does udev run?"
                .formatted(volume, node, patience.toSeconds()));
      }
      LockSupport.parkNanos(GLANCE.toNanos());
    }
  }
}
