package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.OsThread;

/** Who gets the CPU while a host rehearses. */
@Timeout(60)
class RehearsalPriorityTest {
  private static final String LOOP = "rehearsal";
  private static final int OTHERS = OsThread.current().nice().orElseThrow();
  private static final int NICE = Math.min(OTHERS + 10, 19);

  @TempDir private Path directory;

  @Test
  void rehearsal_isNice_andNobodyElseIs() throws InterruptedException {
    try (DeviceHost host = new DeviceHost("web", "serve", directory::resolve)) {
      host.listen(Spec.parse("zvol,id=disk0,kind=null,size=1M"));

      Thread rehearsal = host.rehearse(Duration.ofMillis(500));

      Await.until("a loop that is nice", () -> nice(OsThread.named(LOOP)).contains(NICE));
      assertThat(nice(OsThread.named("C1 CompilerThread0"))).containsOnly(OTHERS);
      rehearsal.join();
      Await.until("all nice ones have ended", () -> !nice(OsThread.all()).contains(NICE));
    }
  }

  private static List<Integer> nice(List<OsThread> threads) {
    return threads.stream().flatMap(thread -> thread.nice().stream()).toList();
  }
}
