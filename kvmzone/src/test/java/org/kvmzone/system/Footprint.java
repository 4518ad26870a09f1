package org.kvmzone.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * What a process holds at a moment.
 *
 * @param descriptors open file descriptors
 * @param guestMemory mappings of memory that a front end shared
 * @param residentKib memory in use, in KiB
 */
record Footprint(int descriptors, int guestMemory, long residentKib) {
  private static final String RESIDENT = "VmRSS:";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  static Footprint of(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
      return new Footprint(
          (int) descriptors.count(),
          (int) lines(process, "maps").stream().filter(line -> line.contains("memfd:")).count(),
          resident(process));
    }
  }

  /**
   * Waits, for what is closed after its user has gone, until a process holds no more descriptors
   * and shared memory than {@code before}; a Java heap may grow. Returns what it holds at last.
   */
  static Footprint awaitNoMoreThan(Footprint before, long pid) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    Footprint now = of(pid);
    while (now.descriptors > before.descriptors || now.guestMemory > before.guestMemory) {
      if (System.nanoTime() > end) {
        throw new AssertionError("process " + pid + " held " + before + " and now holds " + now);
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      now = of(pid);
    }
    return now;
  }

  private static long resident(Path process) throws IOException {
    return lines(process, "status").stream()
        .filter(line -> line.startsWith(RESIDENT))
        .map(line -> line.substring(RESIDENT.length()).replace("kB", "").strip())
        .mapToLong(Long::parseLong)
        .sum();
  }

  private static List<String> lines(Path process, String file) throws IOException {
    return Files.readAllLines(process.resolve(file));
  }
}
