package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A case whose sides are back ends, one of which runs at a time, driven by the same front end.
 *
 * @param <S> what they are asked to be
 */
abstract class DrivenCase<S> implements Case {
  final S setup;
  final Workbench bench;
  final int seconds;
  private final String name;
  private final Optional<Target> target;
  private final List<Backend<S>> backends;

  /**
   * A case.
   *
   * @param backends ours, the peer, and others
   * @param seconds that each is measured
   */
  DrivenCase(
      String name,
      S setup,
      Optional<Target> target,
      List<Backend<S>> backends,
      Workbench bench,
      int seconds) {
    this.name = name;
    this.setup = setup;
    this.target = target;
    this.backends = backends;
    this.bench = bench;
    this.seconds = seconds;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final Optional<Target> target() {
    return target;
  }

  @Override
  public final List<String> sides() {
    return backends.stream().map(Backend::name).toList();
  }

  @Override
  public final Sample measure(String side) throws IOException, InterruptedException {
    Backend<S> chosen =
        backends.stream().filter(each -> each.name().equals(side)).findFirst().orElseThrow();
    try (Burst _ = Burst.begin(bench);
        Ruler ruler = Ruler.start(bench);
        Running backend = chosen.start(setup, bench.fresh(side))) {
      return measure(backend, ruler);
    }
  }

  /** Drives a back end that listens. */
  abstract Sample measure(Running backend, Ruler ruler) throws IOException, InterruptedException;
}
