package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class ProcNetTest {
  private static final String FILE =
      """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
          lo:       1       2    0    0    0     0          0         0        1       2    0
       kvmt0: 215567233728 3304928    0    0    0     0          0         0       70       1    0
      """;

  @Test
  void aLinksBytesAndFrames_areRead() throws IOException {
    assertThat(ProcNet.parse(FILE, "kvmt0")).isEqualTo(new ProcNet(215_567_233_728L, 3_304_928));
  }

  @Test
  void aLinkThatIsNotThere_isNamed() {
    assertThatThrownBy(() -> ProcNet.parse(FILE, "kvmt"))
        .isInstanceOf(IOException.class)
        .hasMessage("there is no link kvmt");
  }
}
