package org.kvmzone.cli;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.kvmzone.packet.capture.PcapngReader.Block;

/** Where captured frames go. */
sealed interface CaptureOutput extends Closeable {
  /** Takes a block, of a frame or of something else. */
  void take(Block block) throws IOException;

  /** Nothing more comes for the moment. */
  void flush() throws IOException;

  /**
   * A file, {@code -} being stdout; lines on stdout if there is none.
   *
   * @throws IOException if the file cannot be had
   */
  static CaptureOutput of(Optional<String> file, Context context) throws IOException {
    if (file.isEmpty()) {
      return new Lines(context.out(), new FrameLine());
    }
    OutputStream out =
        file.get().equals("-")
            ? new FileOutputStream(FileDescriptor.out)
            : open(Path.of(file.get()));
    return new Blocks(new BufferedOutputStream(out, 1 << 16));
  }

  /** A new file is for this user alone: other people's traffic is in there. */
  private static OutputStream open(Path file) throws IOException {
    return Channels.newOutputStream(
        Files.newByteChannel(
            file,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
  }

  /** A pcapng file. */
  record Blocks(OutputStream out) implements CaptureOutput {
    @Override
    public void take(Block block) throws IOException {
      out.write(block.bytes().array());
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  /** A line for each frame. */
  record Lines(PrintWriter out, FrameLine line) implements CaptureOutput {
    @Override
    public void take(Block block) {
      if (block.isFrame()) {
        out.println(line.of(block));
      }
    }

    @Override
    public void flush() {
      out.flush();
    }

    @Override
    public void close() {
      out.flush();
    }
  }
}
