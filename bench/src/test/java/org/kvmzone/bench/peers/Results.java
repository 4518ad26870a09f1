package org.kvmzone.bench.peers;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Results for tests. */
final class Results {
  private Results() {}

  static Sample sample(double perSecond, double backendNs, @Nullable Double busyNs) {
    return new Sample(perSecond, backendNs, 30, busyNs, 0.98, true, Map.of("features", "0x0"));
  }

  static Round round(boolean disturbed, Sample ours, Sample peer) {
    Map<String, Sample> samples = new LinkedHashMap<>();
    samples.put("kvmzone", ours);
    samples.put("dpdk", peer);
    return new Round(samples, disturbed);
  }

  static CaseResult result(String name, Round... rounds) {
    return new CaseResult(
        name,
        "frames",
        Target.rate(1.0, 1.3),
        List.of("kvmzone", "dpdk"),
        Arrays.asList(rounds),
        null,
        null);
  }

  static Report report(CaseResult... results) {
    return new Report(
        "2026-11-21", Map.of("cpu", "A <fast> & rare one"), 2, 1, Arrays.asList(results));
  }
}
