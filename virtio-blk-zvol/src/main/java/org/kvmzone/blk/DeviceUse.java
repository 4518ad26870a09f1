package org.kvmzone.blk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds out what a block device is used for that the kernel does not let us have: a file system,
 * swap or another device on top of it, or of one of its partitions.
 */
final class DeviceUse {
  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

  private DeviceUse() {}

  /** For people: {@code "mounted on /srv"}; nothing if it is not to be seen from here. */
  static Optional<String> find(Path device) {
    try {
      return of(device).or(() -> ofParts(device));
    } catch (UncheckedIOException e) {
      return Optional.empty(); // what cannot be found out is not told
    }
  }

  private static Optional<String> of(Path node) {
    return mounted(node).or(() -> swap(node)).or(() -> holder(node));
  }

  private static Optional<String> ofParts(Path device) {
    return entries(sys(device)).stream()
        .filter(entry -> Files.exists(entry.resolve("partition")))
        .map(entry -> Path.of("/dev").resolve(entry.getFileName()))
        .flatMap(part -> of(part).map(use -> use + " (its part " + part + ")").stream())
        .findFirst();
  }

  private static Optional<String> mounted(Path node) {
    for (String line : lines("/proc/self/mountinfo")) {
      // ID, parent, major:minor, root, mount point, options, …, "-", type, source
      List<String> words = List.of(line.split(" "));
      int dash = words.indexOf("-");
      if (dash > 4
          && words.size() > dash + 2
          && (words.get(2).equals(numbers(node)) || same(unescape(words.get(dash + 2)), node))) {
        return Optional.of("mounted on " + unescape(words.get(4)));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> swap(Path node) {
    return lines("/proc/swaps").stream()
        .skip(1) // a heading
        .filter(line -> same(unescape(SPACE.split(line, 2)[0]), node))
        .map(line -> "used as swap")
        .findFirst();
  }

  private static Optional<String> holder(Path node) {
    return entries(sys(node).resolve("holders")).stream()
        .map(entry -> "part of " + entry.getFileName())
        .findFirst();
  }

  private static Path sys(Path node) {
    return Path.of("/sys/dev/block", numbers(node));
  }

  private static List<Path> entries(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static List<String> lines(String file) {
    try {
      return Files.readAllLines(Path.of(file));
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Whether a name of the kernel's is another name of this device. */
  private static boolean same(String source, Path node) {
    Path path = Path.of(source);
    return path.isAbsolute() && Files.exists(path) && numbers(path).equals(numbers(node));
  }

  /** {@code major:minor}, as the kernel writes it. */
  private static String numbers(Path device) {
    try {
      long number = (long) Files.getAttribute(device, "unix:rdev");
      return (number >>> 8 & 0xfff) + ":" + ((number & 0xff) | (number >>> 12 & 0xfff00));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Blanks and the like are written as {@code \040}. */
  private static String unescape(String text) {
    return OCTAL
        .matcher(text)
        .replaceAll(found ->
            Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(found.group(1), 8))));
  }
}
