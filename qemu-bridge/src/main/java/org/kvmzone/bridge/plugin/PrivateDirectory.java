package org.kvmzone.bridge.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.kvmzone.bridge.device.SpecException;

/** A directory of this process, that nobody else may enter (mode 0700). */
final class PrivateDirectory implements AutoCloseable {
  private final Path path;

  /**
   * Makes the directory: in {@code $XDG_RUNTIME_DIR}, in {@code /run}, or where temporary files go.
   *
   * @throws SpecException if there is no place for it
   */
  PrivateDirectory(String name) {
    Path parent =
        Stream.of(System.getenv().getOrDefault("XDG_RUNTIME_DIR", "/run"), "/run")
            .map(Path::of)
            .filter(Files::isWritable)
            .findFirst()
            .orElse(Path.of(System.getProperty("java.io.tmpdir")));
    try {
      path = Files.createTempDirectory(parent, "kvmzone-" + name + "-");
    } catch (IOException e) {
      throw new SpecException("cannot make a directory for sockets in " + parent + ": " + e, e);
    }
  }

  /** A name in it. */
  Path resolve(String name) {
    return path.resolve(name);
  }

  /** Removes it, with all that is in it. */
  @Override
  public void close() throws IOException {
    List<Path> left;
    try (Stream<Path> entries = Files.list(path)) {
      left = entries.toList();
    }
    for (Path entry : left) {
      Files.deleteIfExists(entry);
    }
    Files.deleteIfExists(path);
  }
}
