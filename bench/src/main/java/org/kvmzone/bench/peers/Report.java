package org.kvmzone.bench.peers;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a run has measured, as it is kept in a file.
 *
 * @param measured the day, UTC
 * @param machine what it was measured on, name and value
 * @param rounds of each case
 * @param seconds of each burst
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Report(
    String measured, Map<String, String> machine, int rounds, int seconds, List<CaseResult> cases) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** Reads a file. */
  static Report read(Path file) throws IOException {
    return JSON.readValue(file.toFile(), Report.class);
  }

  /** Writes a file. */
  void write(Path file) throws IOException {
    JSON.writeValue(file.toFile(), this);
  }

  /** The cases of both, under the heading of this one; where both have one, the other's. */
  Report with(Report other) {
    List<CaseResult> both = new ArrayList<>(cases);
    for (CaseResult each : other.cases) {
      both.removeIf(mine -> mine.name().equals(each.name()));
      both.add(each);
    }
    return new Report(measured, machine, rounds, seconds, List.copyOf(both));
  }

  /** Whether everything that could be measured here was. */
  boolean complete() {
    return cases.stream().allMatch(each -> each.failure() == null);
  }
}
