package org.kvmzone.blk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Finds out who holds a lock. The kernel does not tell for locks of open files, whose owner is no
 * process; but it lists, for each descriptor of each process that we may look into, the locks that
 * the open file behind it holds.
 */
final class LockOwner {
  private static final Path PROC = Path.of("/proc");
  private static final Pattern SPACE = Pattern.compile("\\s+");

  private LockOwner() {}

  /**
   * The holder of a lock on byte {@code offset}, for people: {@code "process 1234 (java)"}.
   *
   * @param own our own descriptor of that file, which does not count; -1 if there is none
   * @return nothing if the holder is another user's process, or gone
   */
  static Optional<String> find(Path file, int own, long offset) {
    long self = ProcessHandle.current().pid();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      Object key = key(file);
      for (Path process : processes) {
        if (holds(process, key, process.endsWith("" + self) ? own : -1, offset)) {
          String pid = process.getFileName().toString();
          return Optional.of(
              pid.equals("" + self)
                  ? "this process (" + pid + ")"
                  : "process " + pid + " (" + command(process) + ")");
        }
      }
    } catch (IOException | UncheckedIOException e) {
      return Optional.empty(); // who cannot be found is not named
    }
    return Optional.empty();
  }

  private static boolean holds(Path process, Object key, int except, long offset) {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fdinfo"))) {
      for (Path descriptor : descriptors) {
        String number = descriptor.getFileName().toString();
        if (!number.equals("" + except)
            && locks(descriptor, offset)
            && key.equals(key(process.resolve("fd").resolve(number)))) {
          return true;
        }
      }
    } catch (IOException | UncheckedIOException e) {
      return false; // it ended, or it is somebody else's
    }
    return false;
  }

  /** Lines such as {@code lock: 1: OFDLCK ADVISORY READ -1 fe:00:2180478 100 101}. */
  private static boolean locks(Path fdinfo, long offset) throws IOException {
    for (String line : Files.readAllLines(fdinfo)) {
      if (line.startsWith("lock:") && line.contains("OFDLCK")) {
        String[] words = SPACE.split(line, -1);
        String end = words[words.length - 1];
        if (Long.parseLong(words[words.length - 2]) <= offset
            && (end.equals("EOF") || Long.parseLong(end) >= offset)) {
          return true;
        }
      }
    }
    return false;
  }

  private static Object key(Path file) throws IOException {
    // Linux always has one: device and inode.
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  private static String command(Path process) {
    try {
      return Files.readString(process.resolve("comm")).strip();
    } catch (IOException e) {
      return "just ended";
    }
  }
}
