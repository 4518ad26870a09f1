package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class BlkioBenchTest {
  private static final String SAID =
      """
      {
        "aggregate": {
            "kiops": 2659.305,
            "gips": 10.144,
            "min_lat_us": 7.772,
            "mean_lat_us": 48.099,
            "max_lat_us": 19210.265,
            "calls": 13261348,
            "min_completions": 1.00,
            "mean_completions": 0.40,
            "max_completions": 85.00
        },
        "threads": [
          {
            "kiops": 2659.305
          }
        ]
      }
      """;

  @Test
  void whatItPrints_isRead() throws IOException {
    assertThat(BlkioBench.outcome(SAID)).isEqualTo(new BlkioBench.Outcome(2_659_305, 48.099));
  }

  @Test
  void noRequest_isAnError() {
    assertThatThrownBy(() -> BlkioBench.outcome(SAID.replace("2659.305", "0.000")))
        .isInstanceOf(IOException.class);
  }
}
