package org.kvmzone.bench.peers;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What peers reach on this machine when nothing holds them up: the best medians of earlier runs,
 * with the CPUs near each other and far.
 */
final class Usual {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** Of fewer rounds a median can be anything: some peers have two speeds, far apart. */
  private static final int ENOUGH = 3;

  private final Path file;
  private final Map<String, Double> medians;

  /** Undisturbed values of this run: its rounds are compared with each other, too. */
  private final Map<String, List<Double>> reached = new HashMap<>();

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

  /** Whether a value is at least such a share of what is usual; if so, it is usual from now on. */
  boolean accepts(String name, String peer, Sample sample, double share) {
    String key = name + " " + peer + (sample.near() ? "" : " far");
    List<Double> values = reached.computeIfAbsent(key, _ -> new ArrayList<>());
    double known = values.isEmpty() ? 0 : Statistics.median(values);
    if (sample.perSecond() < share * Math.max(known, medians.getOrDefault(key, 0.0))) {
      return false;
    }
    values.add(sample.perSecond());
    return true;
  }

  /** Keeps medians of several rounds, where they are the best so far. */
  void remember() {
    reached.forEach((key, values) -> {
      if (values.size() >= ENOUGH) {
        medians.merge(key, Statistics.median(values), Math::max);
      }
    });
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      JSON.writeValue(file.toFile(), medians);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
