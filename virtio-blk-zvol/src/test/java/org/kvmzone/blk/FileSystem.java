package org.kvmzone.blk;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file system of a kind, on a loop device; who asks for one is skipped where there can be none.
 */
final class FileSystem implements AutoCloseable {
  private static final long BYTES = 320L << 20; // xfs wants 300 MiB at least

  private final LoopDevice device;
  private final Path directory;

  private FileSystem(LoopDevice device, Path directory) {
    this.device = device;
    this.directory = directory;
  }

  /** Makes one of a kind that mkfs knows, with its image and its mount point in {@code scratch}. */
  static FileSystem of(String kind, Path scratch) throws IOException, InterruptedException {
    return of(kind, scratch, 512);
  }

  /** The same on a device with sectors of this size. */
  static FileSystem of(String kind, Path scratch, int sector)
      throws IOException, InterruptedException {
    assumeTrue(
        Command.isThere("mkfs." + kind), "no mkfs." + kind + ": volumes on it are not tested");
    Path image = scratch.resolve(kind + ".img");
    try (RandomAccessFile made = new RandomAccessFile(image.toFile(), "rw")) {
      made.setLength(BYTES);
    }
    LoopDevice device = LoopDevice.on(image, sector);
    Path directory = Files.createDirectory(scratch.resolve(kind));
    Command made = Command.run("mkfs." + kind, "-q", "" + device.path());
    Command mounted =
        made.exit() == 0
            ? Command.run("mount", "-t", kind, "" + device.path(), "" + directory)
            : made;
    if (mounted.exit() != 0) {
      device.close();
      return abort(
          kind + " cannot be made and mounted, volumes on it are not tested: " + mounted.output());
    }
    return new FileSystem(device, directory);
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() {
    Command.run("umount", "" + directory);
    device.close();
  }
}
