package org.kvmzone.bench.footprint;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a process has used so far.
 *
 * @param wallMs milliseconds since its start
 * @param cpuMs milliseconds that its threads have run, in user and kernel mode
 * @param rssMb its resident memory, MiB
 * @param pssMb the same with its share only of what others have mapped, too
 */
record Footprint(double wallMs, double cpuMs, double rssMb, double pssMb) {
  private static final int TIMESPEC_SIZE = 16;
  private static final MethodHandle CLOCK_GETCPUCLOCKID =
      function("clock_getcpuclockid", JAVA_INT, ADDRESS);
  private static final MethodHandle CLOCK_GETTIME = function("clock_gettime", JAVA_INT, ADDRESS);

  private static MethodHandle function(String name, MemoryLayout... parameters) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, parameters));
  }

  /** What is more in this than in another. */
  Footprint minus(Footprint other) {
    return new Footprint(
        wallMs - other.wallMs, cpuMs - other.cpuMs, rssMb - other.rssMb, pssMb - other.pssMb);
  }

  /**
   * That of a process that runs.
   *
   * @param started when it was started, {@link System#nanoTime}
   */
  static Footprint of(long pid, long started) throws IOException {
    double wall = (System.nanoTime() - started) / 1e6; // first: looking takes time itself
    double cpu = cpuNanos((int) pid) / 1e6;
    List<String> memory = Files.readAllLines(Path.of("/proc", "" + pid, "smaps_rollup"));
    return new Footprint(wall, cpu, mebibytes(memory, "Rss:"), mebibytes(memory, "Pss:"));
  }

  /** To the nanosecond, which /proc/PID/stat has to ten milliseconds only. */
  private static long cpuNanos(int pid) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment clock = arena.allocate(JAVA_INT);
      MemorySegment time = arena.allocate(TIMESPEC_SIZE, 8);
      int error = (int) CLOCK_GETCPUCLOCKID.invokeExact(pid, clock);
      if (error == 0) {
        error = (int) CLOCK_GETTIME.invokeExact(clock.get(JAVA_INT, 0), time);
      }
      if (error != 0) {
        throw new IOException("process " + pid + " has no clock: it is gone");
      }
      return time.get(JAVA_LONG, 0) * 1_000_000_000 + time.get(JAVA_LONG, 8);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static double mebibytes(List<String> lines, String name) throws IOException {
    return lines.stream()
            .filter(line -> line.startsWith(name))
            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
            .findFirst()
            .orElseThrow(() -> new IOException("smaps_rollup says nothing of " + name))
        / 1024.0;
  }
}
