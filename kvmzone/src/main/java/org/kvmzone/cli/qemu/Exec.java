package org.kvmzone.cli.qemu;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Signal;
import org.kvmzone.bridge.ffi.Unistd;

/**
 * Becomes another program. Nothing stays between QEMU and whoever started it: same process, same
 * terminal, same descriptors (a tap that was handed over among them), signals and exit code as they
 * are.
 */
public final class Exec {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  private Exec() {}

  /**
   * Becomes {@code command}, its first word the path of the program.
   *
   * @return why that did not work
   */
  public static QemuException become(List<String> command) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment arguments = arena.allocate(ValueLayout.ADDRESS, command.size() + 1L);
      for (int i = 0; i < command.size(); i++) {
        arguments.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(command.get(i)));
      }
      closeOwnFilesOnExec();
      // The JVM blocks SIGQUIT in all threads but one, and exec keeps the mask.
      int unblocked =
          Signal.pthread_sigmask(Signal.SIG_SETMASK, arena.allocate(Signal.SIGSET_SIZE));
      int result =
          unblocked < 0
              ? unblocked
              : Unistd.execv(arena.allocateFrom(command.getFirst()), arguments);
      return new QemuException(
          "cannot become " + command.getFirst() + ": " + Errno.message(-result));
    }
  }

  /** The JVM leaves its module image open for whoever comes after. */
  private static void closeOwnFilesOnExec() {
    Path home = Path.of(System.getProperty("java.home"));
    List<Path> own =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .map(Path::toAbsolutePath)
            .toList();
    try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
      for (Path descriptor : descriptors.toList()) {
        if (!Files.exists(descriptor)) {
          continue;
        }
        Path file = Files.readSymbolicLink(descriptor);
        if (file.startsWith(home) || own.contains(file)) {
          int number = Integer.parseInt(descriptor.getFileName().toString());
          Errno.check(Fcntl.fcntl(number, Fcntl.F_SETFD, Fcntl.FD_CLOEXEC), "fcntl");
        }
      }
    } catch (IOException e) {
      throw new QemuException("cannot look at " + DESCRIPTORS + ": " + e.getMessage(), e);
    }
  }
}
