package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class EngineTableTest {
  private static CaseResult result(String name, @Nullable String skipped, Map<String, Double> all) {
    Map<String, Sample> samples = new LinkedHashMap<>();
    all.forEach((side, rate) -> samples.put(side, Results.sample(rate, 10, null)));
    List<Round> rounds = samples.isEmpty() ? List.of() : List.of(new Round(samples, false));
    List<String> sides = new ArrayList<>(all.keySet());
    return new CaseResult(name, "requests", null, sides, rounds, skipped, null);
  }

  @Test
  void everyEngine_hasItsColumn_andTheBestIsBold() {
    Map<String, Double> file = new LinkedHashMap<>();
    file.put("kvmzone", 90_000.0);
    file.put("kvmzone-inline-cached", 100_000.0);
    file.put("kvmzone-io_uring-cached", 50_000.0);
    file.put("kvmzone-workers-cached", 20_000.0);
    Map<String, Double> device = new LinkedHashMap<>();
    device.put("kvmzone", 10_000.0);
    device.put("kvmzone-inline-direct", 10_000.0);
    device.put("kvmzone-io_uring-direct", 30_000.0);
    device.put("kvmzone-workers-direct", 20_000.0);
    device.put("kvmzone-inline-cached", 40_000.0);
    assertThat(
            EngineTable.markdown(
                Results.report(
                    result("blk/tmpfs/read/qd1/poll/engines", null, file),
                    result("blk/loop/write/qd32/poll/engines", null, device),
                    result("blk/zram/read/qd1/poll/engines", "no zram", Map.of()),
                    Results.result("blk/null/read/qd1/poll"))))
        .isEqualTo(
            """
            | target, work, depth | inline | io_uring | workers | inline, cached |
            |---|---:|---:|---:|---:|
            | tmpfs, read, 1 | **100 k** | 50.0 k | 20.0 k | – |
            | loop, write, 32 | 10.0 k | 30.0 k | 20.0 k | **40.0 k** |
            | zram, read, 1 | skipped | skipped | skipped | skipped |
            """);
  }
}
