package org.kvmzone.bench.bare;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kvmzone.bridge.device.Cpus;

/**
 * The command line.
 *
 * @param socket where to listen
 * @param card what the card does; nothing: it is a disk
 * @param frameBytes of the frames of a source
 * @param disk the file, or nothing for a disk that keeps nothing
 * @param nativeLoop whether the loop is the one in C
 * @param cpus that the loop runs on
 */
record Options(
    Path socket,
    Optional<Card> card,
    int frameBytes,
    Optional<Path> disk,
    boolean nativeLoop,
    Optional<Cpus> cpus) {
  static final String USAGE =
      """
      BareBackend --socket PATH (--net sink|source|echo [--frame BYTES] | --blk null|memory:FILE)
        [--loop java|c] [--cpu N]\
      """;

  /** What a card does. */
  enum Card {
    SINK,
    SOURCE,
    ECHO
  }

  /**
   * The options in these words.
   *
   * @throws IllegalArgumentException in one line, if they are none
   */
  static Options parse(List<String> words) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i + 1 < words.size(); i += 2) {
      given.put(words.get(i), words.get(i + 1));
    }
    Optional<String> net = take(given, "--net");
    Optional<String> blk = take(given, "--blk");
    if (words.size() % 2 != 0
        || !given.containsKey("--socket")
        || net.isPresent() == blk.isPresent()) {
      throw new IllegalArgumentException(USAGE);
    }
    Options options =
        new Options(
            Path.of(take(given, "--socket").orElseThrow()),
            net.map(Options::card),
            take(given, "--frame").map(Integer::parseInt).orElse(64),
            blk.flatMap(Options::disk),
            take(given, "--loop").map(Options::isNative).orElse(false),
            take(given, "--cpu").map(Options::cpus));
    if (!given.isEmpty()) {
      throw new IllegalArgumentException(given.keySet() + ": not known\n" + USAGE);
    }
    return options;
  }

  private static Optional<String> take(Map<String, String> given, String name) {
    return Optional.ofNullable(given.remove(name));
  }

  private static Card card(String word) {
    return switch (word) {
      case "sink" -> Card.SINK;
      case "source" -> Card.SOURCE;
      case "echo" -> Card.ECHO;
      default -> throw new IllegalArgumentException("--net " + word + "\n" + USAGE);
    };
  }

  private static Optional<Path> disk(String word) {
    if (word.equals("null")) {
      return Optional.empty();
    }
    if (word.startsWith("memory:")) {
      return Optional.of(Path.of(word.substring("memory:".length())));
    }
    throw new IllegalArgumentException("--blk " + word + "\n" + USAGE);
  }

  private static Cpus cpus(String word) {
    return Cpus.parse(List.of(word))
        .orElseThrow(() -> new IllegalArgumentException("--cpu " + word + "\n" + USAGE));
  }

  private static boolean isNative(String word) {
    return switch (word) {
      case "java" -> false;
      case "c" -> true;
      default -> throw new IllegalArgumentException("--loop " + word + "\n" + USAGE);
    };
  }
}
