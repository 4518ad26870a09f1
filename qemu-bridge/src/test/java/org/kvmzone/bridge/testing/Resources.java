package org.kvmzone.bridge.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * What this process holds of the kernel's.
 *
 * @param descriptors entries of {@code /proc/self/fd}
 * @param mappings of memfds, in {@code /proc/self/maps}: memory of guests, areas in flight
 */
public record Resources(int descriptors, long mappings) {
  /** What is held at this moment. */
  public static Resources now() {
    int open = Objects.requireNonNull(new File("/proc/self/fd").list()).length;
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      return new Resources(open, lines.filter(line -> line.contains("/memfd:")).count());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until as much is held as was held then: sessions end on threads of their own. */
  public void awaitBack() {
    Await.until(this + " held again, instead of " + now(), () -> now().equals(this));
  }
}
