package org.kvmzone.bridge.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

/**
 * What this process holds of the kernel's.
 *
 * @param descriptors entries of {@code /proc/self/fd}
 * @param mappings of memfds, in {@code /proc/self/maps}: memory of guests, areas in flight
 */
public record Resources(int descriptors, long mappings) {
  private static final int LOOKS = 20;

  /** What is held at this moment. */
  public static Resources now() {
    int open = Objects.requireNonNull(new File("/proc/self/fd").list()).length;
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      return new Resources(open, lines.filter(line -> line.contains("/memfd:")).count());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is held when nothing has changed for a while: threads may still be giving things back. */
  public static Resources settled() {
    Resources last = now();
    for (int same = 0; same < LOOKS; same++) {
      LockSupport.parkNanos(1_000_000);
      Resources next = now();
      if (!next.equals(last)) {
        same = 0;
        last = next;
      }
    }
    return last;
  }

  /**
   * Waits until no more is held than was then: sessions end on threads of their own. Less is no
   * fault: others may have been giving back what is nobody's business here.
   */
  public void awaitBack() {
    Await.until(this + " held again, instead of " + now(), () -> now().isWithin(this));
  }

  private boolean isWithin(Resources other) {
    return descriptors <= other.descriptors && mappings <= other.mappings;
  }
}
