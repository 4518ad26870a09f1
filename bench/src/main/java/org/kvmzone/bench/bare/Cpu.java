package org.kvmzone.bench.bare;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <sched.h>}: which CPU a thread runs on. */
final class Cpu {
  private static final long SET_BYTES = 128; // cpu_set_t: 1024 CPUs

  private static final MethodHandle SCHED_SETAFFINITY =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("sched_setaffinity"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.ADDRESS));

  private Cpu() {}

  /**
   * Keeps the calling thread on one CPU.
   *
   * {@snippet lang=c :
   * int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask);
   * }
   *
   * @throws IllegalArgumentException if there is no such CPU
   */
  static void pin(int cpu) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment set = arena.allocate(SET_BYTES, 8);
      set.setAtIndex(ValueLayout.JAVA_LONG, cpu / 64, 1L << cpu % 64);
      if ((int) SCHED_SETAFFINITY.invokeExact(0, SET_BYTES, set) != 0) {
        throw new IllegalArgumentException("CPU " + cpu + " is not there, or not ours");
      }
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }
}
