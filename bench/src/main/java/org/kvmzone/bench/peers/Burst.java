package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The right to keep both CPUs busy for some seconds, if several ask for it. */
final class Burst implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  private final Optional<Child> holder;

  private Burst(Optional<Child> holder) {
    this.holder = holder;
  }

  /** Waits for the right. */
  static Burst begin(Workbench bench) throws IOException, InterruptedException {
    if (bench.lock().isEmpty()) {
      return new Burst(Optional.empty());
    }
    // flock(2), as flock(1) takes it; Java's own locks are of another kind.
    Path file = bench.lock().get();
    Child holder =
        Child.start(
            "flock",
            Child.FRONTEND_CPU,
            bench.scratch(),
            List.of("flock", "--close", file.toString(), "sh", "-c", "echo held; exec cat"));
    holder.output().await(Pattern.compile("held"), PATIENCE);
    return new Burst(Optional.of(holder));
  }

  @Override
  public void close() {
    holder.ifPresent(Child::close);
  }
}
