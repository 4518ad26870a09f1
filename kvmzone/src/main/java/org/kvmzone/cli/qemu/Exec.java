package org.kvmzone.cli.qemu;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
  private static final int STDERR = 2;

  private final Set<Integer> inherited;

  private Exec(Set<Integer> inherited) {
    this.inherited = inherited;
  }

  /**
   * Looks at what was handed over to this process. To be called first of all: what is opened from
   * now on is not passed on.
   */
  public static Exec prepare() {
    Path home = Path.of(System.getProperty("java.home"));
    Set<Path> own =
        Pattern.compile(File.pathSeparator)
            .splitAsStream(System.getProperty("java.class.path"))
            .map(element -> Path.of(element).toAbsolutePath())
            .collect(Collectors.toSet());
    Set<Integer> inherited = new HashSet<>();
    // The JVM has opened its modules and our jar already.
    descriptors()
        .forEach((number, file) -> {
          if (!file.startsWith(home) && !own.contains(file)) {
            inherited.add(number);
          }
        });
    return new Exec(Set.copyOf(inherited));
  }

  /**
   * Becomes {@code command}, its first word the path of the program.
   *
   * @return why that did not work
   */
  public QemuException become(List<String> command) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment arguments = arena.allocate(ValueLayout.ADDRESS, command.size() + 1L);
      for (int i = 0; i < command.size(); i++) {
        arguments.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(command.get(i)));
      }
      for (int number : descriptors().keySet()) {
        if (number > STDERR && !inherited.contains(number)) {
          // It may be closed by now, which is as good.
          int ignored = Fcntl.fcntl(number, Fcntl.F_SETFD, Fcntl.FD_CLOEXEC);
        }
      }
      // The JVM blocks SIGQUIT in all threads but one, and exec keeps the mask.
      int result = Signal.pthread_sigmask(Signal.SIG_SETMASK, arena.allocate(Signal.SIGSET_SIZE));
      if (result == 0) {
        result = Unistd.execv(arena.allocateFrom(command.getFirst()), arguments);
      }
      return new QemuException(
          "cannot become " + command.getFirst() + ": " + Errno.message(-result));
    }
  }

  private static Map<Integer, Path> descriptors() {
    Map<Integer, Path> open = new HashMap<>();
    try {
      List<Path> links;
      try (Stream<Path> listed = Files.list(DESCRIPTORS)) {
        links = listed.toList();
      }
      for (Path link : links) {
        try {
          open.put(Integer.parseInt(link.getFileName().toString()), Files.readSymbolicLink(link));
        } catch (NoSuchFileException closed) {
          // As the one is through which they were listed.
        }
      }
    } catch (IOException e) {
      throw new QemuException("cannot look at " + DESCRIPTORS + ": " + e.getMessage(), e);
    }
    return open;
  }
}
