package org.kvmzone.blk;

import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Flock;

/**
 * The lock on a volume's file, in QEMU's own scheme: so that qemu-img and QEMU see that the image
 * is in use and say so in their usual words, and we see them.
 *
 * <p>A user of an image holds shared locks on single bytes: byte 100+p for each permission p that
 * it uses, 200+p for each that it does not let others use. It takes its locks first and then looks
 * whether anybody holds the counterpart of one; of two who come at the same moment at least one
 * loses, and perhaps both. The locks belong to the open file ({@code F_OFD_SETLK}): they exclude a
 * second opener in this process too, and go when the last copy of the descriptor is closed.
 */
final class ImageLock {
  /** A byte on which every user of ours holds a lock. */
  static final long HELD = 201;

  private static final long USED = 100;
  private static final long DENIED = 200;

  // QEMU's permissions: consistent read 0, write 1, unchanged write 2, resize 3.
  private static final long READ = 0;
  private static final long WRITE = 1;
  private static final long RESIZE = 3;

  private ImageLock() {}

  /**
   * Locks an open file: nobody else may write or resize it, and if {@code writable} nobody may read
   * it who counts on that.
   *
   * @param path its name, for errors
   * @return the byte of another user's lock that excludes us, if there is one
   * @throws org.kvmzone.bridge.ffi.NativeException if the file cannot be locked
   */
  static OptionalLong lock(Fd file, Path path, boolean writable) {
    hold(file, path, USED + READ);
    hold(file, path, DENIED + WRITE);
    hold(file, path, DENIED + RESIZE);
    if (writable) {
      hold(file, path, USED + WRITE);
    }
    return LongStream.of(USED + WRITE, USED + RESIZE, DENIED + READ, DENIED + WRITE)
        .filter(offset -> writable || offset != DENIED + WRITE)
        .filter(offset -> isHeld(file, path, offset))
        .findFirst();
  }

  private static void hold(Fd file, Path path, long offset) {
    Errno.check(Flock.set(file.number(), Fcntl.F_RDLCK, offset), "lock " + path);
  }

  /** Whether another open file holds a lock on the byte: only an exclusive one would show that. */
  private static boolean isHeld(Fd file, Path path, long offset) {
    return Errno.check(Flock.test(file.number(), Fcntl.F_WRLCK, offset), "lock " + path) == 0;
  }
}
