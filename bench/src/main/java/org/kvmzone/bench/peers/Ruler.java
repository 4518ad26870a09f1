package org.kvmzone.bench.peers;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** Measures the {@link Distance} between the two CPUs while both are busy, in less than 1 ms. */
final class Ruler implements AutoCloseable {
  /**
   * Nearer than that, in nanoseconds, two CPUs share a cache: cores of one die do at 20 to 100,
   * others are at 120 to 500.
   */
  static final double NEAR = 120;

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Pattern ANSWER = Pattern.compile("^(\\d+) ns apart$");

  private final Child child;

  private Ruler(Child child) {
    this.child = child;
  }

  /** Starts it, and waits until it is compiled. */
  static Ruler start(Workbench bench) throws IOException, InterruptedException {
    List<String> words = bench.program(Distance.class, List.of());
    Ruler ruler = new Ruler(Child.start("ruler", Child.FRONTEND_CPU, bench.scratch(), words));
    try {
      double _ = ruler.nanos();
      return ruler;
    } catch (IOException | InterruptedException e) {
      ruler.close();
      throw e;
    }
  }

  /** How far apart the CPUs are now. */
  double nanos() throws IOException, InterruptedException {
    child.tell("");
    return Double.parseDouble(child.output().await(ANSWER, PATIENCE).group(1));
  }

  @Override
  public void close() {
    child.close();
  }
}
