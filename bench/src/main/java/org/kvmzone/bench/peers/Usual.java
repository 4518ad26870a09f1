package org.kvmzone.bench.peers;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What peers reach on this machine when nothing holds them up: the best medians of earlier runs.
 */
final class Usual {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path file;
  private final Map<String, Double> medians;

  /** The best of this run so far: rounds of one run are compared with each other, too. */
  private final Map<String, Double> best = new HashMap<>();

  private Usual(Path file, Map<String, Double> medians) {
    this.file = file;
    this.medians = medians;
  }

  /** What a file says, or nothing if there is none. */
  static Usual read(Path file) throws IOException {
    Map<String, Double> medians = new TreeMap<>();
    if (Files.exists(file)) {
      medians.putAll(JSON.readValue(file.toFile(), new TypeReference<Map<String, Double>>() {}));
    }
    return new Usual(file, medians);
  }

  /** What is usual, now that {@code reached} was seen as well. */
  double of(String name, String peer, double reached) {
    String key = key(name, peer);
    double known = best.merge(key, reached, Math::max);
    return Math.max(known, medians.getOrDefault(key, 0.0));
  }

  /** Keeps the peer's median, if it is the best so far. */
  void remember(CaseResult result) {
    CaseResult.Side side = result.summary().sides().get(result.peer());
    if (side == null || Double.isNaN(side.perSecond())) {
      return;
    }
    medians.merge(key(result.name(), result.peer()), side.perSecond(), Math::max);
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      JSON.writeValue(file.toFile(), medians);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String key(String name, String peer) {
    return name + " " + peer;
  }
}
