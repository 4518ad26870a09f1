package org.kvmzone.blk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.FileStatus;
import org.kvmzone.bridge.ffi.LinuxFs;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.SysStat;
import org.kvmzone.bridge.ffi.Unistd;

/**
 * A raw volume's file, opened, found fit, and locked: everything that can go wrong before I/O.
 *
 * @param freed as {@link Ranges} takes it
 */
record RawTarget(
    Fd file, Medium medium, long size, BlockSizes blockSizes, Alignment alignment, int freed) {
  /** What a file is used in: the smallest blocks, in the pages that they are written back in. */
  private static final BlockSizes FILE_BLOCKS = BlockSizes.of(512, 4096);

  /**
   * Opens what the options name.
   *
   * @throws VolumeException saying what is wrong and what to do
   */
  static RawTarget open(RawZvol.Options options) {
    Path path = options.path();
    if (Files.notExists(path)) {
      create(path, options);
    }
    return open(options, !options.incoming());
  }

  /**
   * Opens what the options name and what is there.
   *
   * @param claimed locked, and a device exclusively; else it is not to be used yet
   */
  static RawTarget open(RawZvol.Options options, boolean claimed) {
    Path path = options.path();
    try {
      boolean device = isBlockDevice(path);
      if (claimed && device && options.readOnly()) {
        // A claim excludes other readers: it is made to see that nobody writes, and given up.
        open(path, Fcntl.O_RDONLY | Fcntl.O_EXCL).close();
      }
      int access = options.readOnly() ? Fcntl.O_RDONLY : Fcntl.O_RDWR;
      int claim = claimed && device && !options.readOnly() ? Fcntl.O_EXCL : 0;
      Fd file = open(path, access | claim);
      try {
        return examine(file, options, claimed);
      } catch (RuntimeException e) {
        file.close();
        throw e;
      }
    } catch (NativeException e) {
      throw new VolumeException(e);
    }
  }

  /** Whether it is a block device. */
  boolean device() {
    return switch (medium) {
      case DEVICE, ZVOL, MEMORY_DEVICE -> true;
      case FILE, MEMORY_FILE, REMOTE_FILE, HUGE_PAGES -> false;
    };
  }

  /** How its bytes are got at. */
  Transfer transfer(RawZvol.Options options) {
    try {
      if (medium == Medium.HUGE_PAGES && !options.readOnly()) {
        return new MappedIo(file, size, "" + options.path());
      }
      Transfer system = new VectoredIo(file);
      return alignment.isStrict() ? new DirectIo(system, alignment) : system;
    } catch (NativeException e) {
      throw new VolumeException(e);
    }
  }

  private static RawTarget examine(Fd file, RawZvol.Options options, boolean claimed) {
    Path path = options.path();
    FileStatus status = FileStatus.of(file.number());
    if (!status.isRegularFile() && !status.isBlockDevice()) {
      throw notStorage(path);
    }
    OptionalLong excluding =
        claimed ? ImageLock.lock(file, path, !options.readOnly()) : OptionalLong.empty();
    if (excluding.isPresent()) {
      throw inUse(path, file, excluding.getAsLong(), options.readOnly());
    }
    boolean device = status.isBlockDevice();
    if (device && !options.readOnly() && LinuxFs.number(file.number(), LinuxFs.BLKROGET) == 1) {
      throw new VolumeException(path + " can only be read: add readonly=on"); // root may open it
    }
    long size = size(file, device, path);
    BlockSizes sizes = device ? deviceBlocks(file, path) : FILE_BLOCKS;
    Medium medium = Medium.of(file, status);
    Alignment alignment = alignment(file, status, medium, sizes.logical(), options);
    int sector = Math.max(sizes.logical(), alignment.length());
    if (options.blockSizes().isPresent()) {
      sizes = options.blockSizes().get();
    } else if (sizes.logical() < sector) {
      // What is in an image, partitions first, is laid out in the sectors that it was made with.
      throw new VolumeException(
          "%s takes no less than %d bytes past the page cache: add guest_block_size=%d, if what is on it is laid out so, or leave it to the cache with direct=off"
              .formatted(path, sector, sector));
    }
    if (sizes.logical() < sector) {
      throw new VolumeException(
          path + " has sectors of " + sector + " bytes: its guest_block_size cannot be " + sizes);
    }
    checkSize(path, size, sizes.logical(), options.size());
    return new RawTarget(file, medium, size, sizes, alignment, freed(file, medium, path));
  }

  /**
   * The bytes of the blocks that a discard frees and that read as zeroes then; 0 if that is not
   * known of any. The kernel promises it of no device, and asks none. But a volume of OpenZFS frees
   * the blocks that lie wholly in the range, of volblocksize bytes each (zvol_discard: {@code
   * dmu_free_long_range}), and what has no block reads as zeroes. There it is the only way to give
   * the space back, as it takes no write-zeroes: the kernel would write zeroes in its stead.
   */
  private static int freed(Fd file, Medium medium, Path path) {
    return medium == Medium.ZVOL
        ? Errno.check(LinuxFs.number(file.number(), LinuxFs.BLKPBSZGET), "volblocksize of " + path)
        : 0;
  }

  private static Alignment alignment(
      Fd file, FileStatus status, Medium medium, int sector, RawZvol.Options options) {
    boolean usual = medium.direct() && options.engine() != EngineKind.INLINE;
    if (!options.direct().orElse(usual)) {
      return Alignment.NONE;
    }
    Alignment alignment = Alignment.passCache(file, status, sector);
    if (!alignment.isStrict() && options.direct().isPresent()) {
      throw new VolumeException(
          options.path() + " cannot be used past the page cache: leave out direct=on");
    }
    return alignment;
  }

  /** What the storage has now, in bytes. */
  static long size(Fd file, boolean device, Path path) {
    return device
        ? Errno.check(LinuxFs.size(file.number()), "size of " + path)
        : FileStatus.of(file.number()).size();
  }

  private static void checkSize(Path path, long size, int block, OptionalLong wanted) {
    if (wanted.isPresent() && wanted.getAsLong() != size) {
      throw new VolumeException(
          path + " is there, with " + size + " bytes: leave size= out, it is for what is created");
    }
    if (size == 0) {
      throw new VolumeException(path + " is empty: give it a size, as in truncate -s 10G " + path);
    }
    if (size % block != 0) {
      throw new VolumeException(
          path
              + " has "
              + size
              + " bytes, which is no multiple of its block size "
              + block
              + ": lengthen it with truncate -s %"
              + block
              + " "
              + path);
    }
  }

  private static BlockSizes deviceBlocks(Fd file, Path path) {
    int fd = file.number();
    int logical = Errno.check(LinuxFs.number(fd, LinuxFs.BLKSSZGET), "sector size of " + path);
    int physical = LinuxFs.number(fd, LinuxFs.BLKPBSZGET);
    int minimum = LinuxFs.number(fd, LinuxFs.BLKIOMIN);
    int optimal = LinuxFs.number(fd, LinuxFs.BLKIOOPT);
    // Some drivers leave these out, or say what cannot be.
    boolean sane = BlockSizes.isBlockSize(physical) && physical >= logical;
    return new BlockSizes(
        logical,
        sane ? physical : logical,
        minimum > 0 && minimum % logical == 0 ? minimum : logical,
        optimal > 0 && optimal % logical == 0 ? optimal : 0);
  }

  private static Fd open(Path path, int flags) {
    try {
      if (!isBlockDevice(path) && !Files.isRegularFile(path)) {
        throw notStorage(path);
      }
      return Fd.open(path.toString(), flags);
    } catch (NativeException e) {
      if (e.errno() == Errno.EBUSY && (flags & Fcntl.O_EXCL) != 0) {
        throw new VolumeException(
            path
                + " is "
                + DeviceUse.find(path)
                    .or(() -> LockOwner.find(path, -1, ImageLock.HELD).map("in use by "::concat))
                    .orElse("in use by another program")
                + ": release it first (lsblk and fuser -v show more)",
            e);
      }
      boolean refused =
          e.errno() == Errno.EACCES || e.errno() == Errno.EPERM || e.errno() == Errno.EROFS;
      if (refused && (flags & Fcntl.O_RDWR) != 0) {
        throw new VolumeException(
            path
                + " cannot be opened for writing ("
                + Errno.message(e.errno())
                + "): allow it to this user, or add readonly=on",
            e);
      }
      throw e;
    }
  }

  /** A sparse file, whose name is as durable as what will be flushed to it. */
  private static void create(Path path, RawZvol.Options options) {
    if (options.size().isEmpty() || options.readOnly()) {
      throw new VolumeException(
          path
              + " does not exist"
              + (options.readOnly()
                  ? ""
                  : ": create it with truncate -s 10G " + path + ", or add size=10G"));
    }
    long size = options.size().getAsLong();
    Path directory = path.toAbsolutePath().getParent();
    try (Arena arena = Arena.ofConfined();
        Fd parent = Fd.open("" + directory, Fcntl.O_RDONLY)) {
      int flags = Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_CLOEXEC;
      int created = Fcntl.open(arena.allocateFrom("" + path), flags, 0660);
      if (created == -Errno.EEXIST) {
        return; // somebody was quicker: it is opened as what exists, and found in use if it is
      }
      try (Fd file = new Fd(Errno.check(created, "create " + path))) {
        int sized = Unistd.ftruncate(file.number(), size);
        if (sized < 0) {
          boolean ignored = path.toFile().delete();
          throw new NativeException(-sized, "create " + path + " with " + size + " bytes");
        }
        Errno.check(Unistd.fsync(file.number()), "fsync " + path);
      }
      Errno.check(Unistd.fsync(parent.number()), "fsync " + directory);
    } catch (NativeException e) {
      throw new VolumeException(e);
    }
  }

  private static boolean isBlockDevice(Path path) {
    try {
      int mode = (int) Files.getAttribute(path, "unix:mode");
      return (mode & SysStat.S_IFMT) == SysStat.S_IFBLK;
    } catch (IOException e) {
      return false; // what is wrong with it is seen, and said, when it is opened
    }
  }

  private static VolumeException notStorage(Path path) {
    return new VolumeException(
        path + " is neither a file nor a block device: give the path of a raw image or a volume");
  }

  private static VolumeException inUse(Path path, Fd file, long lockedByte, boolean readOnly) {
    return new VolumeException(
        path
            + " is in use by "
            + LockOwner.find(path, file.number(), lockedByte)
                .orElse("a process that is not to be seen from here")
            + (readOnly
                ? ", which writes to it: end that first"
                : ": end that first, or open it everywhere with readonly=on"));
  }
}
