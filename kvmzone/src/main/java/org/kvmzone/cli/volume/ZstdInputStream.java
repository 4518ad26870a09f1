package org.kvmzone.cli.volume;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.cli.process.SearchPath;

/** What the zstd program makes of a stream. That it failed shows at the end of what it wrote. */
final class ZstdInputStream extends FilterInputStream {
  private static final int SECONDS = 30;

  private final Process process;
  private final Path errors;

  ZstdInputStream(InputStream compressed, String searchPath) throws IOException {
    this(Files.createTempFile("kvmzone", ".err"), compressed, program(searchPath));
  }

  private ZstdInputStream(Path errors, InputStream compressed, Path program) throws IOException {
    this(
        errors,
        compressed,
        new ProcessBuilder(List.of(program.toString(), "-dcq"))
            .redirectError(errors.toFile())
            .start());
  }

  private ZstdInputStream(Path errors, InputStream compressed, Process process) {
    super(process.getInputStream());
    this.process = process;
    this.errors = errors;
    Thread ignored =
        Thread.ofPlatform()
            .daemon()
            .name("zstd")
            .start(() -> feed(compressed, process.getOutputStream()));
  }

  private static Path program(String searchPath) {
    return SearchPath.find("zstd", searchPath)
        .orElseThrow(() ->
            new ZfsException(
                ZfsException.Kind.MISSING,
                "the image is compressed with zstd, and there is no program zstd: install it"));
  }

  private static void feed(InputStream compressed, OutputStream to) {
    try (to) {
      long ignored = compressed.transferTo(to);
    } catch (IOException e) {
      return; // the program has ended, or its input: it says what it thinks of that
    }
  }

  @Override
  public int read() throws IOException {
    int read = super.read();
    return read < 0 ? end() : read;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int read = super.read(buffer, offset, length);
    return read < 0 ? end() : read;
  }

  private int end() throws IOException {
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        String said = Files.readString(errors, StandardCharsets.ISO_8859_1).strip();
        throw new IOException("zstd: " + (said.isEmpty() ? "it failed" : said));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return -1;
  }

  @Override
  public void close() throws IOException {
    super.close();
    process.destroyForcibly();
    Files.deleteIfExists(errors);
  }
}
