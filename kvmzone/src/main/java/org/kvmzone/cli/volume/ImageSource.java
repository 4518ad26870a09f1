package org.kvmzone.cli.volume;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import org.kvmzone.blk.zfs.ZfsException;

/** An image that is read from its beginning to its end: raw, or compressed with gzip or zstd. */
final class ImageSource implements AutoCloseable {
  private static final int BUFFER = 1 << 17;

  private final Counted counted;
  private final BufferedInputStream in;
  private final ImageFormat format;
  private final Optional<Path> file;

  private ImageSource(InputStream in, Optional<Path> file) throws IOException {
    counted = new Counted(in);
    this.in = new BufferedInputStream(counted, BUFFER);
    this.file = file;
    format = ImageFormat.of(first(this.in));
  }

  static ImageSource of(Path file) throws IOException {
    return new ImageSource(Files.newInputStream(file), Optional.of(file));
  }

  static ImageSource of(InputStream in) throws IOException {
    return new ImageSource(in, Optional.empty());
  }

  private static byte[] first(BufferedInputStream in) throws IOException {
    in.mark(ImageFormat.LONGEST_MAGIC);
    byte[] first = in.readNBytes(ImageFormat.LONGEST_MAGIC);
    in.reset();
    return first;
  }

  ImageFormat format() {
    return format;
  }

  /** The file, if it is one. */
  Optional<Path> file() {
    return file;
  }

  /** How many bytes of it there are; of a compressed one that is less than the disk has. */
  OptionalLong length() throws IOException {
    return file.isPresent() && Files.isRegularFile(file.get())
        ? OptionalLong.of(Files.size(file.get()))
        : OptionalLong.empty();
  }

  /** How many bytes of it have been read. */
  long position() {
    return counted.count.get();
  }

  /**
   * The disk's bytes.
   *
   * @param searchPath where the zstd program is looked for
   * @throws ZfsException if they are those of an image again
   */
  InputStream disk(String searchPath) throws IOException {
    if (format == ImageFormat.RAW) {
      return in;
    }
    BufferedInputStream disk =
        new BufferedInputStream(
            format == ImageFormat.GZIP
                ? new GZIPInputStream(in, BUFFER)
                : new ZstdInputStream(in, searchPath),
            BUFFER);
    if (ImageFormat.of(first(disk)) != ImageFormat.RAW) {
      disk.close();
      throw ZfsException.failed(
          "what is compressed here is not raw: decompress it into a file first");
    }
    return disk;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private static final class Counted extends FilterInputStream {
    private final AtomicLong count = new AtomicLong();

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int read = super.read();
      count.addAndGet(read < 0 ? 0 : 1);
      return read;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int read = super.read(buffer, offset, length);
      count.addAndGet(Math.max(read, 0));
      return read;
    }
  }
}
