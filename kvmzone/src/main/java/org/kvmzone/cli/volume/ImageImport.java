package org.kvmzone.cli.volume;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.ZfsException;

/**
 * Makes a volume and its snapshot {@code @final} from an image. The volume is sparse and holds only
 * what is not zero. A volume without that snapshot is not an image yet; one that fails is taken
 * away again.
 */
public final class ImageImport {
  /** What disks are cloned from, as vmadm has it. */
  public static final String SNAPSHOT = "final";

  private static final long MIB = 1 << 20;
  private static final long FIRST_GUESS = 1L << 30;
  private static final int CHUNK = 1 << 20;

  private final Volumes volumes;
  private final String searchPath;
  private final Optional<PrintWriter> terminal;

  /**
   * Imports into these volumes.
   *
   * @param searchPath where qemu-img and zstd are looked for
   * @param terminal who watches
   */
  public ImageImport(Volumes volumes, String searchPath, Optional<PrintWriter> terminal) {
    this.volumes = volumes;
    this.searchPath = searchPath;
    this.terminal = terminal;
  }

  /**
   * Imports an image.
   *
   * @param file where it is; empty for {@code in}
   * @param size of the disk, if it is to have more than the image
   * @return the snapshot
   * @throws IOException if it cannot be read
   * @throws ZfsException if it is damaged, or the volume cannot be made or written
   */
  public DatasetName run(
      Optional<Path> file,
      InputStream in,
      DatasetName volume,
      OptionalLong size,
      VolumeProperties properties)
      throws IOException {
    try (ImageSource source = file.isPresent() ? ImageSource.of(file.get()) : ImageSource.of(in)) {
      if (source.format() == ImageFormat.QCOW2) {
        qcow2(source, volume, size, properties);
      } else {
        stream(source, volume, size, properties);
      }
    }
    return volume.at(SNAPSHOT);
  }

  private void qcow2(
      ImageSource source, DatasetName volume, OptionalLong size, VolumeProperties properties)
      throws IOException {
    Path image =
        source
            .file()
            .orElseThrow(() ->
                ZfsException.failed(
                    "a qcow2 image is not read from its beginning to its end: give it as a file"));
    QemuImg program = new QemuImg(searchPath);
    long disk = program.virtualSize(image);
    fill(
        volume,
        whole(enough(disk, size)),
        properties,
        () -> {
          try (Watching watching = watch(volume, OptionalLong.of(disk))) {
            program.convert(
                image, volumes.node(volume), percent -> watching.at((long) (disk * percent / 100)));
          }
        });
  }

  private void stream(
      ImageSource source, DatasetName volume, OptionalLong size, VolumeProperties properties)
      throws IOException {
    try (InputStream disk = source.disk(searchPath)) {
      OptionalLong known =
          source.format() == ImageFormat.RAW ? source.length() : OptionalLong.empty();
      long bytes = known.isPresent() ? enough(known.getAsLong(), size) : size.orElse(FIRST_GUESS);
      fill(
          volume,
          whole(bytes),
          properties,
          () -> {
            long end = copy(source, disk, volume, whole(bytes));
            long wanted = whole(enough(end, size));
            if (wanted != whole(bytes) || end > whole(bytes)) {
              volumes.resize(volume, wanted);
            }
          });
    }
  }

  private interface Filling {
    void run() throws IOException;
  }

  private void fill(DatasetName volume, long bytes, VolumeProperties properties, Filling filling)
      throws IOException {
    volumes.create(volume, bytes, true, properties);
    try {
      filling.run();
      volumes.snapshot(List.of(volume.at(SNAPSHOT)), Map.of());
    } catch (IOException | RuntimeException e) {
      try {
        volumes.destroy(volume, false);
      } catch (RuntimeException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  /** Returns where the image ended. */
  private long copy(ImageSource source, InputStream disk, DatasetName volume, long created)
      throws IOException {
    Path node = volumes.node(volume);
    long capacity = created;
    long end = 0;
    try (FileChannel to = FileChannel.open(node, StandardOpenOption.WRITE);
        Watching watching = watch(volume, source.length())) {
      byte[] chunk = new byte[CHUNK];
      while (true) {
        int got = disk.readNBytes(chunk, 0, CHUNK);
        if (got == 0) {
          break;
        }
        if (end + got > capacity) {
          capacity *= 2;
          volumes.resize(volume, capacity);
        }
        if (!isZero(chunk, got)) {
          write(to, ByteBuffer.wrap(chunk, 0, got), end, node);
        }
        end += got;
        watching.at(source.position());
      }
      to.force(true);
    }
    if (end == 0) {
      throw ZfsException.failed("the image is empty");
    }
    return end;
  }

  private static void write(FileChannel to, ByteBuffer bytes, long at, Path node)
      throws IOException {
    // A block device takes whole sectors through its cache; the last piece may be shorter.
    long position = at;
    while (bytes.hasRemaining()) {
      int put = to.write(bytes, position);
      if (put <= 0) {
        throw new IOException(node + ": nothing more can be written at byte " + position);
      }
      position += put;
    }
  }

  /** Progress, if somebody watches. */
  private record Watching(Optional<Progress> progress) implements AutoCloseable {
    void at(long bytes) {
      progress.ifPresent(shown -> shown.at(bytes));
    }

    @Override
    public void close() {
      progress.ifPresent(Progress::close);
    }
  }

  private Watching watch(DatasetName volume, OptionalLong total) {
    return new Watching(terminal.map(writer -> Progress.on(writer, "" + volume, total)));
  }

  private static boolean isZero(byte[] bytes, int length) {
    for (int i = 0; i < length; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static long enough(long image, OptionalLong wanted) {
    if (wanted.isPresent() && wanted.getAsLong() < image) {
      throw ZfsException.failed(
          "the image has %d bytes: a disk of %d is too small".formatted(image, wanted.getAsLong()));
    }
    return wanted.orElse(image);
  }

  /** A size that every volblocksize divides. */
  private static long whole(long bytes) {
    return (bytes + MIB - 1) / MIB * MIB;
  }
}
